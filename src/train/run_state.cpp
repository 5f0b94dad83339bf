#include "train/run_state.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "checkpoint/checkpoint_files.h"
#include "checkpoint/run_weights.h"
#include "core/error.h"
#include "core/files.h"
#include "core/hash.h"
#include "core/log.h"
#include "core/stopwatch.h"
#include "core/threads.h"
#include "distributed/agreement.h"
#include "kernels/precision.h"
#include "recipe/phase_checks.h"
#include "telemetry/divergence.h"
#include "train/recipe_identity.h"
#include "train/run_conditions.h"

namespace massface {

namespace {

// What all processes of a training must have in common. Each may have a GPU of its own.
std::map<std::string, std::string> facts_of(const TrainingSetup& setup, std::map<std::string, std::string> conditions) {
  conditions["device"] = setup.device.is_cpu() ? "cpu" : "gpu";
  for (const auto& [group, hash] : recipe_hashes(setup.recipe)) conditions["recipe's " + group] = hash;
  return conditions;
}

}  // namespace

RunState::RunState(TrainingSetup setup, const LockedRun& run, ResumeOptions resume)
    : run_(run),
      setup_(std::move(setup)),
      conditions_(setup_.conditions()),
      allow_inexact_(resume.allow_inexact),
      options_changed_(resume.resume),
      measurements_(setup_) {
  position_.phase = setup_.recipe.phases.front().name;
  require_same_facts(processes(), facts_of(setup_, conditions_));
  if (run_.writes()) store_.emplace(run.path, setup_.recipe.checkpoint);
  if (resume.resume) resume_from_newest();
  if (resume.resume && !setup_.verifications.empty()) {
    const nlohmann::json known =
        run_.writes() ? recorded_verifications(run_, position_.global_step) : std::set<std::string>();
    measurements_.set_verified(nlohmann::json::parse(processes().from_first(known.dump())));
  }
  require_same_weights();
  records_ = std::make_unique<RunRecords>(run, setup_.recipe.telemetry, setup_.training, position_.global_step,
                                          bad_images_so_far(resume.resume));
  const int64_t size = processes().size();
  log_info("{} identities, {} images to train on; device {}, {}{}, {}", setup_.training->num_identities(),
           setup_.training->size(), setup_.device.str(), size > 1 ? fmt::format("{} processes of ", size) : "",
           threads_in_words(setup_.threads),
           describe_precision(setup_.bf16, setup_.device, setup_.recipe.backbone.kernels));
  if (const OpenedVerification* set = setup_.validation_set()) {
    log_warning("checkpoints are chosen by {}, so its accuracy will say little about other faces", set->options.name);
  }
}

// The first process reads it and tells the others, whose machines may lack the run.
std::optional<Checkpoint> RunState::newest_checkpoint() const {
  std::optional<Checkpoint> newest;
  require_no_fault(processes(), fault_of([&] {
                     if (store_) newest = store_->newest();
                   }));
  if (processes().size() == 1) return newest;
  const std::string told = processes().from_first(newest ? to_bytes(*newest) : "");
  return told.empty() ? std::nullopt : std::optional(checkpoint_of(told));
}

std::set<ImageIndex> RunState::bad_images_so_far(bool resume) const {
  if (!resume) return {};
  const nlohmann::json known = run_.writes() ? read_bad_images(run_, *setup_.training) : std::set<ImageIndex>();
  return nlohmann::json::parse(processes().from_first(known.dump()));
}

void RunState::resume_from_newest() {
  const auto checkpoint = newest_checkpoint();
  if (!checkpoint) return log_warning("{} contains no checkpoint yet; starting from the beginning", run_.path.native());
  require_no_fault(processes(), fault_of([&] { go_to(*checkpoint); }));
}

// Phase lengths may change after a checkpoint, but steps already trained can be neither undone nor repeated.
void RunState::check_lengths() const {
  if (!run_.writes()) return;  // the first process has the run
  const Recipe before = read_recipe(run_.options(), {});
  const auto& phases = setup_.recipe.phases;
  // An options.toml that was changed by hand may have fewer phases.
  for (int64_t i = 0; i < std::min(position_.phase_index, std::ssize(before.phases)); ++i) {
    const PhaseOptions &was = before.phases[static_cast<size_t>(i)], &is = phases[static_cast<size_t>(i)];
    require(was.epochs == is.epochs && was.steps == is.steps,
            "phase {} is over and phase {} has begun, so its length can no longer change", is.name, position_.phase);
  }
  const int64_t steps = setup_.steps_of_phase[static_cast<size_t>(position_.phase_index)];
  require(position_.phase_step <= steps, "phase {} has already trained {} steps, more than the {} now requested",
          position_.phase, position_.phase_step, steps);
}

void RunState::go_to(const Checkpoint& checkpoint) {
  require_same_conditions(checkpoint.conditions, conditions_, allow_inexact_);
  require_same_recipe(checkpoint.recipe, setup_.recipe, printable(run_.options().native()), allow_inexact_);
  const auto& phases = setup_.recipe.phases;
  require(checkpoint.position.phase_index < static_cast<int64_t>(phases.size()), "the checkpoint is in phase {} of {}",
          checkpoint.position.phase_index + 1, phases.size());
  const std::string& phase = phases[static_cast<size_t>(checkpoint.position.phase_index)].name;
  require(checkpoint.position.phase == phase, "the checkpoint is in phase {}, but the recipe's phase {} is {}",
          printable(checkpoint.position.phase), checkpoint.position.phase_index + 1, phase);
  position_ = checkpoint.position;
  check_lengths();
  if (checkpoint.validation_accuracy) {
    measurements_.set_held_out({position_.global_step, *checkpoint.validation_accuracy, std::nullopt});
  }
  setup_.model = from_tensors(checkpoint.model, "the checkpoint", setup_.recipe.backbone, setup_.device);
  resumed_training_ = checkpoint.training;
  // A process that was killed just after the rename has not compared this checkpoint with the best one yet.
  if (store_) store_->save(checkpoint);
  log_info("continuing after step {} of phase {} (step {} of the run)", position_.phase_step, position_.phase,
           position_.global_step);
}

bool RunState::all_phases_done() const {
  return position_.phase_index >= static_cast<int64_t>(setup_.recipe.phases.size());
}

PhaseRun RunState::begin_phase() {
  PhaseRun phase(setup_, position_.phase_index, position_.phase_step,
                 {records_->bad_images(), run_.path, allow_inexact_});
  watch_.emplace(setup_, run_, position_.phase_index, position_.phase_step);
  if (!resumed_training_.metadata.empty())
    phase.restore(resumed_training_);
  else if (setup_.recipe.phases[static_cast<size_t>(position_.phase_index)].handover.from_previous_phase)
    phase.begin_with(previous_classifier_);
  resumed_training_ = {};
  say_new_rates(phase, std::exchange(position_.phase_steps, phase.steps()));
  // Written only now, so that a refused continuation leaves the run's options unchanged. A longer run keeps its new
  // length.
  if (std::exchange(options_changed_, false) && run_.writes())
    write_file_atomically(run_.options(), write_recipe(setup_.recipe));
  return phase;
}

// A phase that got another length may have another learning rate from the next step on.
void RunState::say_new_rates(const PhaseRun& phase, int64_t length_before) const {
  const int64_t step = position_.phase_step;
  if (step == 0 || step >= phase.steps() || length_before == 0 || length_before == phase.steps()) return;
  if (phase.learning_rate(step, length_before) == phase.learning_rate(step, phase.steps())) return;
  log_warning(
      "phase {} now has {} steps instead of {}, so its learning rate follows another schedule: it was {:.4g} in step "
      "{}, and is {:.4g} in step {}, where it would have been {:.4g}. Another {}.optimizer.learning_rate, which "
      "needs --allow-inexact-resume, would lower it",
      position_.phase, phase.steps(), length_before, phase.learning_rate(step - 1, length_before), step,
      phase.learning_rate(step, phase.steps()), step + 1, phase.learning_rate(step, length_before), position_.phase);
}

StepReport RunState::step(PhaseRun& phase) {
  StepReport report;
  processes().now_at(fmt::format("step {}", position_.global_step + 1));
  try {
    report = phase.step();
  } catch (const LostProcess& lost) {
    throw Failure(fmt::format("{}. The run goes on from its newest checkpoint with: massface train --resume {}",
                              lost.what(), printable(run_.path.native())));
  } catch (const Error&) {
    // Bad data found late (too many bad images, or one of another size): lists the images, which the user needs to know
    // now, and saves what has been trained.
    records_->list_bad_images(phase.take_bad_images());
    if (position_.global_step > 0) save_checkpoint(phase);
    throw;
  }
  report.global_step = position_.global_step + 1;
  records_->list_bad_images(phase.take_bad_images());
  records_->add_step(report);
  if (!report.failure.empty()) {
    const auto steps = store_ ? store_->steps() : std::vector<int64_t>();
    throw Failure(divergence_message(report, steps.empty() ? "" : checkpoint_name(steps.back())));
  }
  ++position_.phase_step;
  ++position_.global_step;
  measurements_.step();
  agree_on_stop(processes());
  return report;
}

bool RunState::checkpoint_is_due(const PhaseRun& phase) const {
  return position_.phase_step < phase.steps() && position_.phase_step % setup_.recipe.checkpoint.every_steps == 0;
}

std::optional<double> RunState::validation_accuracy() const {
  const RunMeasurements::HeldOut* measured = measurements_.held_out_at(position_.global_step);
  return measured == nullptr ? std::nullopt : std::optional(measured->accuracy);
}

void RunState::validate(const PhaseRun& phase) {
  if (measurements_.measure_held_out(phase.result(), position_.global_step, *records_)) offer_to_watch(phase);
}

void RunState::record_accuracy() {
  // Without a checkpoint, which a full disk prevented, there is nothing to choose by it.
  if (!store_ || !validation_accuracy() || !path_exists(store_->folder_of(position_.global_step))) return;
  try {
    store_->record_accuracy(position_.global_step, *validation_accuracy());
  } catch (const Failure& failure) {
    log_warning("the accuracy of step {} was not written: {}", position_.global_step, failure.what());
  }
}

void RunState::write_checkpoint(PhaseRun& phase) {
  require_same_weights();
  save_checkpoint(phase);
  if (!measurements_.can_measure() || validation_accuracy()) return;
  validate(phase);
  record_accuracy();
}

void RunState::measure_at_start(PhaseRun& phase) {
  if (position_.phase_step == 0 && watch_->is_watched() && measurements_.can_measure()) {
    // The phase before may have measured the same weights.
    const RunMeasurements::HeldOut* measured = measurements_.held_out_at(position_.global_step);
    if (measured != nullptr && measured->standard_error) return offer_to_watch(phase);
    measurements_.forget_held_out();
    write_checkpoint(phase);
    return;
  }
  if (position_.phase_step == 0) return;
  if (checkpoint_is_due(phase) && measurements_.can_measure() && !validation_accuracy()) {
    validate(phase);
    record_accuracy();
  }
  verify_sets(phase);
}

void RunState::verify_sets(const PhaseRun& phase) {
  // At its end the phase may result in other weights.
  if (is_over(phase)) return;
  measurements_.verify_sets(phase.result(), position_, VerificationSets::kDue, *records_);
}

// After a measurement of this step.
void RunState::offer_to_watch(const PhaseRun& phase) {
  const RunMeasurements::HeldOut& measured = *measurements_.held_out_at(position_.global_step);
  watch_->offer({position_.phase_step, measured.accuracy, *measured.standard_error}, phase.result());
}

bool RunState::has_settled(const PhaseRun& phase) const {
  return position_.phase_step < phase.steps() && watch_->has_settled(position_.phase_step);
}

// Lets the network that the run goes on with be what the phase has made of it.
void RunState::take_result(const PhaseRun& phase) {
  const PhaseBest* best = watch_->better_than(validation_accuracy());
  if (best != nullptr) {
    measurements_.set_held_out({position_.global_step, best->best().accuracy, best->best().standard_error});
  }
  setup_.model = from_tensors(best != nullptr ? best->model() : to_tensors(phase.result()), "the phase's result",
                              setup_.recipe.backbone, setup_.device);
}

// What the processes have computed is the same in each of them, if they are as alike as they must be.
void RunState::require_same_weights() const {
  if (processes().size() == 1) return;
  require_same_facts(processes(), {{fmt::format("network after step {}", position_.global_step),
                                    hex(hash64(encode_safetensors(to_tensors(setup_.model))))}});
}

void RunState::save_checkpoint(PhaseRun& phase) {
  // Exists already if the run was stopped just after writing it and resumed from it.
  const bool exists = store_ && path_exists(store_->folder_of(position_.global_step));
  if (!processes().from_first(exists ? "exists" : "").empty()) return;
  const Stopwatch watch;
  const NamedTensors training = phase.state();
  if (!store_) return;
  try {
    store_->save({.position = position_,
                  .conditions = conditions_,
                  .recipe = recipe_hashes(setup_.recipe),
                  .validation_accuracy = validation_accuracy(),
                  .model = to_tensors(phase.result()),
                  .training = training});
    last_write_error_.clear();
  } catch (const Failure& failure) {
    last_write_error_ = failure.what();
    log_warning("the checkpoint of step {} was not written: {}. The previous one is kept; the next one will be tried",
                position_.global_step, failure.what());
  }
  checkpoint_seconds_ += watch.seconds();
  records_->add_scalar("time", "checkpoint_seconds", position_.global_step, watch.seconds());
}

void RunState::end_phase(PhaseRun& phase) {
  if (has_settled(phase)) {
    log_info(
        "phase {} ends after step {} of {}: it no longer gets better by more than a standard error "
        "({}.early_stopping.patience is {})",
        position_.phase, position_.phase_step, phase.steps(), position_.phase, options().early_stopping.patience);
  }
  write_checkpoint(phase);
  // Otherwise a run could be finished although its last checkpoint was never compared with the best one.
  if (setup_.is_validated() && !validation_accuracy() && stop_was_asked_for()) return;
  previous_classifier_ = phase.handover();
  take_result(phase);
  // The run measures them when it continues.
  if (!measurements_.verify_sets(setup_.model, position_, VerificationSets::kAll, *records_)) return;
  const Stopwatch watch;
  try {
    NamedTensors weights = to_tensors(setup_.model);
    weights.metadata[kGlobalStep] = std::to_string(position_.global_step);
    if (run_.writes()) write_safetensors(run_.weights_of(position_.phase), weights);
  } catch (const Failure& failure) {
    last_write_error_ = failure.what();
    log_warning("the weights of phase {} were not written: {}", position_.phase, failure.what());
  }
  checkpoint_seconds_ += watch.seconds();
  enter_next_phase();
}

void RunState::enter_next_phase() {
  ++position_.phase_index;
  position_.phase_step = position_.phase_steps = 0;
  if (!all_phases_done()) position_.phase = setup_.recipe.phases[static_cast<size_t>(position_.phase_index)].name;
}

void RunState::finish() {
  records_->finish();
  if (!last_write_error_.empty()) {
    const std::string next = store_->steps().empty() ? "start a new run: this one has no checkpoint to continue from"
                                                     : "continue with --resume " + run_.path.native();
    throw Failure(
        fmt::format("the last checkpoint could not be written: {}. Free some space and {}", last_write_error_, next));
  }
}

}  // namespace massface
