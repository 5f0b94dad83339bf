#include "train/phase_watch.h"

#include "core/error.h"
#include "core/files.h"
#include "core/log.h"
#include "distributed/agreement.h"
#include "recipe/phase_checks.h"

namespace massface {

PhaseWatch::PhaseWatch(const TrainingSetup& setup, const LockedRun& run, int64_t phase_index, int64_t phase_step)
    : setup_(setup), run_(run), phase_index_(phase_index) {
  if (phase_step > 0) read(phase_step);
}

bool PhaseWatch::is_watched() const {
  return keeps_best(setup_.recipe, options()) || options().early_stopping.patience > 0;
}

// The first process has the file.
void PhaseWatch::read(int64_t phase_step) {
  Processes& processes = *setup_.processes;
  const std::filesystem::path file = run_.best_of(options().name);
  const std::string shown = printable(file.native());
  std::string bytes;
  require_no_fault(processes, fault_of([&] {
                     if (!run_.writes() || !path_exists(file)) return;
                     const auto content = read_file(file);
                     bytes.assign(content.begin(), content.end());
                   }));
  bytes = processes.from_first(bytes);
  if (bytes.empty()) {
    if (is_watched()) {
      log_warning("{} is missing: of the weights of phase {} before step {}, none can be its result", shown,
                  options().name, phase_step);
    }
    return;
  }
  const auto* begin = reinterpret_cast<const uint8_t*>(bytes.data());
  try {
    best_ = PhaseBest::from_tensors(decode_safetensors({begin, bytes.size()}, file.native()), file.native());
    const int64_t step_of_best = best_.best().phase_step;
    best_.forget_after(phase_step);
    if (best_.is_empty()) {
      log_warning(
          "{} holds weights of step {} of phase {}, which the run is no longer at: of those before step {}, none can "
          "be its result",
          shown, step_of_best, options().name, phase_step);
    }
  } catch (const Error& damaged) {
    fail("{}. Remove it to go on without the phase's best weights so far", damaged.what());
  }
}

void PhaseWatch::write() {
  try {
    if (run_.writes()) write_safetensors(run_.best_of(options().name), best_.to_tensors());
  } catch (const Failure& failure) {
    log_warning("{}; if the run is resumed, it does not know the best weights of this phase", failure.what());
  }
}

void PhaseWatch::offer(const HeldOutAccuracy& measured, const Model& model) {
  if (!is_watched()) return;
  const bool is_best = best_.offer(measured, to_tensors(model));
  write();
  if (!is_best) warn_of_fall(measured);
}

void PhaseWatch::warn_of_fall(const HeldOutAccuracy& measured) {
  const HeldOutAccuracy& start = best_.start();
  if (start.phase_step > 0) return;  // that of the phase is lost
  if (has_warned_of_fall_ || measured.accuracy >= start.accuracy - start.standard_error) return;
  has_warned_of_fall_ = true;
  log_warning(
      "phase {} makes the network worse on held-out people: {:.2f} % at its step {}, from {:.2f} +- {:.2f} % at its "
      "start. {} Lower {}.optimizer.learning_rate, or see docs/training.md",
      options().name, 100 * measured.accuracy, measured.phase_step, 100 * start.accuracy, 100 * start.standard_error,
      keeps_best(setup_.recipe, options()) ? "The phase will end with the best of its weights." : "", options().name);
}

bool PhaseWatch::has_settled(int64_t phase_step) const {
  return best_.has_settled(options().early_stopping.patience, phase_step);
}

const PhaseBest* PhaseWatch::better_than(std::optional<double> last_accuracy) const {
  if (!keeps_best(setup_.recipe, options()) || best_.is_empty()) return nullptr;
  if (last_accuracy && best_.best().accuracy <= *last_accuracy) return nullptr;
  const HeldOutAccuracy& best = best_.best();
  log_info("phase {} ends with {}, which had {:.2f} % on held-out people; its last ones {}", options().name,
           best.phase_step == 0 ? "the weights that it started from"
                                : fmt::format("the weights of its step {}", best.phase_step),
           100 * best.accuracy,
           last_accuracy ? fmt::format("had {:.2f} %", 100 * *last_accuracy) : "could not be measured");
  warn_of_classifier();
  return &best_;
}

void PhaseWatch::warn_of_classifier() const {
  const auto next = static_cast<size_t>(phase_index_ + 1);
  const auto& phases = setup_.recipe.phases;
  if (next >= phases.size() || !phases[next].handover.from_previous_phase) return;
  log_warning(
      "phase {} continues with the classifier of the last step of phase {}, but with its weights of step {}, which "
      "that "
      "classifier does not fit as well",
      phases[next].name, options().name, best_.best().phase_step);
}

}  // namespace massface
