#include "train/run_state.h"

#include <chrono>
#include <fstream>

#include "core/error.h"
#include "core/files.h"
#include "core/log.h"

namespace massface {
namespace {

using Clock = std::chrono::steady_clock;

std::set<std::string> read_lines(const std::filesystem::path& file) {
  std::set<std::string> lines;
  std::ifstream stream(file);
  for (std::string line; std::getline(stream, line);) lines.insert(line);
  return lines;
}

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

void compare_conditions(const std::map<std::string, std::string>& before,
                        const std::map<std::string, std::string>& now, bool allow_inexact) {
  std::vector<std::string> differences;
  for (const auto& [name, value] : now) {
    const auto old = before.find(name);
    const std::string was = old == before.end() ? "unknown" : old->second;
    if (was != value) differences.push_back(fmt::format("{}: {} when it was written, {} now", name, was, value));
  }
  if (differences.empty()) return;
  const std::string list = fmt::format("{}", fmt::join(differences, "\n  "));
  require(allow_inexact, "the checkpoint cannot be continued bit-exactly:\n  {}\nPass --allow-inexact-resume to "
          "continue all the same", list);
  log_warning("continuing, but not bit-exactly:\n  {}", list);
}

}  // namespace

RunState::RunState(TrainingSetup setup, const RunDirectory& run, ResumeOptions resume)
    : run_(run),
      setup_(std::move(setup)),
      store_(run.path, setup_.recipe.checkpoint),
      conditions_(setup_.conditions()) {
  position_.phase = setup_.recipe.phases.front().name;
  bad_images_ = read_lines(run.bad_images());
  if (resume.resume) {
    if (const auto checkpoint = store_.newest()) go_to(*checkpoint, resume.allow_inexact);
    else log_warning("{} holds no checkpoint yet; starting from the beginning", run.path.native());
  }
  telemetry_ = std::make_unique<Telemetry>(run.path, setup_.recipe.telemetry, position_.global_step);
  log_info("{} identities, {} images to train on; device {}, {} threads{}", setup_.training->num_identities(),
           setup_.training->size(), setup_.device.str(), setup_.threads, setup_.bf16 ? ", bf16" : "");
}

void RunState::go_to(const Checkpoint& checkpoint, bool allow_inexact) {
  compare_conditions(checkpoint.conditions, conditions_, allow_inexact);
  const auto& phases = setup_.recipe.phases;
  require(checkpoint.position.phase_index < static_cast<int64_t>(phases.size()), "the checkpoint is in phase {} of {}",
          checkpoint.position.phase_index + 1, phases.size());
  position_ = checkpoint.position;
  validation_accuracy_ = checkpoint.validation_accuracy;
  setup_.model = from_tensors(checkpoint.model, "the checkpoint");
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
  PhaseRun phase(setup_, position_.phase_index, position_.phase_step);
  require(position_.phase_step <= phase.steps(), "phase {} has done {} steps already, more than the {} that are asked "
          "for now", position_.phase, position_.phase_step, phase.steps());
  if (!resumed_training_.tensors.empty()) phase.restore(resumed_training_);
  resumed_training_ = {};
  return phase;
}

StepReport RunState::step(PhaseRun& phase) {
  try {
    StepReport report = phase.step();
    record(report, phase);
    return report;
  } catch (const Error&) {
    // Too many bad images: which ones they are is what the user needs now.
    list_bad_images(phase);
    throw;
  }
}

void RunState::record(StepReport& report, PhaseRun& phase) {
  ++position_.phase_step;
  ++position_.global_step;
  report.global_step = position_.global_step;
  try {
    list_bad_images(phase);
    telemetry_->record(report);
  } catch (const Failure& failure) {
    if (!record_failed_) log_warning("{}; the training goes on without these records", failure.what());
    record_failed_ = true;
  }
}

void RunState::list_bad_images(PhaseRun& phase) {
  for (const BadImageReport& bad : phase.take_bad_images()) {
    const std::string line = printable(setup_.training->image_name(bad.image)) + ": " + bad.reason;
    // A resumed run meets them again.
    if (!bad_images_.insert(line).second) continue;
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
  const auto start = Clock::now();
  const VerificationResult result = verify_held_out(Embedder(setup_.model), *setup_.held_out, setup_.validation_pairs,
                                                    {.resize = setup_.recipe.pipeline.resize});
  validation_accuracy_ = result.accuracy;
  validation_seconds_ += seconds_since(start);
  log_info("step {}: {:.2f} +- {:.2f} % on {} held-out pairs", position_.global_step, 100 * result.accuracy,
           100 * result.accuracy_standard_error, result.num_pairs);
  telemetry_->record_scalar("validation_accuracy", position_.global_step, result.accuracy);
}

void RunState::write_checkpoint(PhaseRun& phase) {
  try {
    validate();
    const auto start = Clock::now();
    store_.save({.position = position_,
                 .conditions = conditions_,
                 .validation_accuracy = validation_accuracy_,
                 .model = to_tensors(setup_.model),
                 .training = phase.state()});
    checkpoint_seconds_ += seconds_since(start);
    last_write_error_.clear();
  } catch (const Failure& failure) {
    last_write_error_ = failure.what();
    log_warning("the checkpoint of step {} was not written: {}. The one before is kept; trying again at the next",
                position_.global_step, failure.what());
  }
}

void RunState::end_phase(PhaseRun& phase) {
  write_checkpoint(phase);
  try {
    save_model(run_.weights_of(position_.phase), setup_.model);
  } catch (const Failure& failure) {
    last_write_error_ = failure.what();
    log_warning("the weights of phase {} were not written: {}", position_.phase, failure.what());
  }
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
    throw Failure(fmt::format("the last checkpoint could not be written: {}. Free some space and continue with "
                              "--resume {}", last_write_error_, run_.path.native()));
  }
}

}  // namespace massface
