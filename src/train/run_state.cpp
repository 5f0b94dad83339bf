#include "train/run_state.h"

#include <fstream>
#include <utility>

#include "checkpoint/checkpoint_files.h"
#include "core/error.h"
#include "core/files.h"
#include "core/log.h"
#include "core/stopwatch.h"
#include "telemetry/divergence.h"

namespace massface {
namespace {

// A line of RUN/bad_images.txt.
std::string bad_image_line(const Dataset& dataset, ImageIndex image, const std::string& reason) {
  return printable(dataset.image_name(image)) + ": " + reason;
}

// The images that the run's list names: a resumed run meets them again.
std::set<ImageIndex> read_bad_images(const std::filesystem::path& list, const Dataset& dataset) {
  std::set<std::string> lines;
  std::ifstream stream(list);
  for (std::string line; std::getline(stream, line);) lines.insert(line);
  std::set<ImageIndex> images;
  if (lines.empty()) return images;
  for (ImageIndex image = 0; image < dataset.size(); ++image) {
    const std::string start = bad_image_line(dataset, image, "");
    const auto line = lines.lower_bound(start);
    if (line != lines.end() && line->starts_with(start)) images.insert(image);
  }
  return images;
}

void compare_conditions(const std::map<std::string, std::string>& before, const std::map<std::string, std::string>& now,
                        bool allow_inexact) {
  std::vector<std::string> differences;
  for (const auto& [name, value] : now) {
    const auto old = before.find(name);
    const std::string was = old == before.end() ? "unknown" : old->second;
    if (was != value) differences.push_back(fmt::format("{}: {} when it was written, {} now", name, was, value));
  }
  if (differences.empty()) return;
  const std::string list = fmt::format("{}", fmt::join(differences, "\n  "));
  require(allow_inexact,
          "the checkpoint cannot be continued bit-exactly:\n  {}\nPass --allow-inexact-resume to "
          "continue all the same",
          list);
  log_warning("continuing, but not bit-exactly:\n  {}", list);
}

}  // namespace

RunState::RunState(TrainingSetup setup, const RunDirectory& run, ResumeOptions resume)
    : run_(run),
      lock_(run),
      setup_(std::move(setup)),
      store_(run.path, setup_.recipe.checkpoint),
      conditions_(setup_.conditions()),
      allow_inexact_(resume.allow_inexact),
      options_changed_(resume.resume) {
  position_.phase = setup_.recipe.phases.front().name;
  if (resume.resume) resume_from_newest();
  telemetry_ = std::make_unique<Telemetry>(run.path, setup_.recipe.telemetry, position_.global_step);
  log_info("{} identities, {} images to train on; device {}, {} threads{}", setup_.training->num_identities(),
           setup_.training->size(), setup_.device.str(), setup_.threads, setup_.bf16 ? ", bf16" : "");
}

void RunState::resume_from_newest() {
  bad_images_ = read_bad_images(run_.bad_images(), *setup_.training);
  if (const auto checkpoint = store_.newest())
    go_to(*checkpoint);
  else
    log_warning("{} holds no checkpoint yet; starting from the beginning", run_.path.native());
}

// The lengths may have changed since the checkpoint was written, but what is done cannot be undone or done again.
void RunState::check_lengths() const {
  const Recipe before = read_recipe(run_.options(), {});
  const auto& phases = setup_.recipe.phases;
  for (int64_t i = 0; i < position_.phase_index; ++i) {
    const PhaseOptions &was = before.phases[static_cast<size_t>(i)], &is = phases[static_cast<size_t>(i)];
    require(was.epochs == is.epochs && was.steps == is.steps,
            "phase {} is over and phase {} has begun, so its length can no longer change", is.name, position_.phase);
  }
  const int64_t steps = setup_.steps_of_phase[static_cast<size_t>(position_.phase_index)];
  require(position_.phase_step <= steps, "phase {} has done {} steps already, more than the {} that are asked for now",
          position_.phase, position_.phase_step, steps);
}

void RunState::go_to(const Checkpoint& checkpoint) {
  compare_conditions(checkpoint.conditions, conditions_, allow_inexact_);
  const auto& phases = setup_.recipe.phases;
  require(checkpoint.position.phase_index < static_cast<int64_t>(phases.size()), "the checkpoint is in phase {} of {}",
          checkpoint.position.phase_index + 1, phases.size());
  position_ = checkpoint.position;
  check_lengths();
  validation_accuracy_ = checkpoint.validation_accuracy;
  setup_.model = from_tensors(checkpoint.model, "the checkpoint");
  setup_.model.network->choose_kernels(setup_.recipe.backbone);
  setup_.model.network->to(setup_.device);
  resumed_training_ = checkpoint.training;
  // A process killed just after the rename has not yet compared this one with the best.
  store_.save(checkpoint);
  log_info("continuing after step {} of phase {} (step {} of the run)", position_.phase_step, position_.phase,
           position_.global_step);
}

bool RunState::all_phases_done() const {
  return position_.phase_index >= static_cast<int64_t>(setup_.recipe.phases.size());
}

PhaseRun RunState::begin_phase() {
  PhaseRun phase(setup_, position_.phase_index, position_.phase_step, {bad_images_, run_.path, allow_inexact_});
  if (!resumed_training_.metadata.empty())
    phase.restore(resumed_training_);
  else if (setup_.recipe.phases[static_cast<size_t>(position_.phase_index)].handover.from_previous_phase)
    phase.begin_with(previous_classifier_);
  resumed_training_ = {};
  // Only now: a refused continuation leaves the run's options as they were. A longer run keeps its new length.
  if (std::exchange(options_changed_, false)) write_file_atomically(run_.options(), write_recipe(setup_.recipe));
  return phase;
}

StepReport RunState::step(PhaseRun& phase) {
  StepReport report;
  try {
    report = phase.step();
  } catch (const Error&) {
    // Bad data met late (too many bad images, one of another size): which they are is what the user needs now, and
    // hours of training are not lost for it.
    list_bad_images(phase);
    if (position_.global_step > 0) save_checkpoint(phase);
    throw;
  }
  report.global_step = position_.global_step + 1;
  record(report, phase);
  if (!report.failure.empty()) {
    const auto steps = store_.steps();
    throw Failure(divergence_message(report, steps.empty() ? "" : checkpoint_name(steps.back())));
  }
  ++position_.phase_step;
  ++position_.global_step;
  return report;
}

void RunState::record(const StepReport& report, PhaseRun& phase) {
  try {
    list_bad_images(phase);
    telemetry_->record(report);
  } catch (const Failure& failure) {
    if (!record_failed_) log_warning("{}; the training goes on without these records", failure.what());
    record_failed_ = true;
  }
}

void RunState::record_seconds(const std::string& name, double seconds) {
  try {
    telemetry_->record_scalar("time", name, position_.global_step, seconds);
  } catch (const Failure& failure) {
    if (!std::exchange(record_failed_, true)) {
      log_warning("{}; the training goes on without these records", failure.what());
    }
  }
}

void RunState::list_bad_images(PhaseRun& phase) {
  for (const BadImageReport& bad : phase.take_bad_images()) {
    bad_images_.insert(bad.image);
    const std::string line = bad_image_line(*setup_.training, bad.image, bad.reason);
    log_warning("{}; another image of {} takes its place", line,
                printable(setup_.training->identity_name(setup_.training->identity_of(bad.image))));
    LineFile(run_.bad_images()).append(line);
  }
}

bool RunState::checkpoint_is_due(const PhaseRun& phase) const {
  return position_.phase_step < phase.steps() && position_.phase_step % setup_.recipe.checkpoint.every_steps == 0;
}

void RunState::validate() {
  if (setup_.held_out == nullptr) return;
  const Stopwatch watch;
  validation_accuracy_.reset();
  try {
    const VerificationResult result = verify_held_out(Embedder(setup_.model), *setup_.held_out, setup_.validation_pairs,
                                                      {.resize = setup_.recipe.pipeline.resize});
    validation_accuracy_ = result.accuracy;
    log_info("step {}: {:.2f} +- {:.2f} % on {} held-out pairs", position_.global_step, 100 * result.accuracy,
             100 * result.accuracy_standard_error, result.num_pairs);
    telemetry_->record_scalar("validation", "validation_accuracy", position_.global_step, result.accuracy);
  } catch (const std::runtime_error& error) {
    log_warning("the held-out pairs were not measured at step {}: {}", position_.global_step, error.what());
  }
  validation_seconds_ += watch.seconds();
  record_seconds("validation_seconds", watch.seconds());
}

void RunState::write_checkpoint(PhaseRun& phase) {
  // A run that was stopped just after it was written has come back to it.
  if (std::filesystem::exists(store_.folder_of(position_.global_step))) return;
  validate();
  save_checkpoint(phase);
}

void RunState::save_checkpoint(PhaseRun& phase) {
  const Stopwatch watch;
  try {
    store_.save({.position = position_,
                 .conditions = conditions_,
                 .validation_accuracy = validation_accuracy_,
                 .model = to_tensors(setup_.model),
                 .training = phase.state()});
    last_write_error_.clear();
  } catch (const Failure& failure) {
    last_write_error_ = failure.what();
    log_warning("the checkpoint of step {} was not written: {}. The one before is kept; trying again at the next",
                position_.global_step, failure.what());
  }
  checkpoint_seconds_ += watch.seconds();
  record_seconds("checkpoint_seconds", watch.seconds());
}

void RunState::end_phase(PhaseRun& phase) {
  write_checkpoint(phase);
  const Stopwatch watch;
  try {
    save_model(run_.weights_of(position_.phase), setup_.model);
  } catch (const Failure& failure) {
    last_write_error_ = failure.what();
    log_warning("the weights of phase {} were not written: {}", position_.phase, failure.what());
  }
  checkpoint_seconds_ += watch.seconds();
  previous_classifier_ = phase.classifier();
  enter_next_phase();
}

void RunState::enter_next_phase() {
  ++position_.phase_index;
  position_.phase_step = 0;
  if (!all_phases_done()) position_.phase = setup_.recipe.phases[static_cast<size_t>(position_.phase_index)].name;
}

void RunState::finish() {
  telemetry_->finish();
  if (!last_write_error_.empty()) {
    const std::string next = store_.steps().empty() ? "start a new run: this one has no checkpoint to continue from"
                                                    : "continue with --resume " + run_.path.native();
    throw Failure(
        fmt::format("the last checkpoint could not be written: {}. Free some space and {}", last_write_error_, next));
  }
}

}  // namespace massface
