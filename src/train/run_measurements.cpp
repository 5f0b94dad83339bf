#include "train/run_measurements.h"

#include <cmath>

#include "core/error.h"
#include "core/failpoint.h"
#include "core/log.h"
#include "core/stop_signal.h"
#include "core/stopwatch.h"
#include "distributed/agreement.h"

namespace massface {

bool RunMeasurements::can_measure() const { return setup_.is_validated() && !stop_was_asked_for(); }

const RunMeasurements::HeldOut* RunMeasurements::held_out_at(int64_t global_step) const {
  return held_out_ && held_out_->global_step == global_step ? &*held_out_ : nullptr;
}

VerificationResult RunMeasurements::measured_on_people(const Model& model) const {
  return verify_held_out(Embedder(model), *setup_.held_out, setup_.validation_pairs,
                         {.other_size = setup_.recipe.pipeline.other_size(),
                          .progress =
                              [&](int64_t) {
                                failpoint("train.validating");
                                throw_if_stopped(*setup_.processes);
                              },
                          .processes = setup_.processes});
}

VerificationResult RunMeasurements::measured_on_set(const Model& model, const OpenedVerification& set) const {
  return evaluate_pairs(Embedder(model), set.set, set.evaluation(), setup_.processes).verification;
}

void RunMeasurements::measure(const Model& model, int64_t global_step, RunRecords& records) {
  const OpenedVerification* set = setup_.validation_set();
  const VerificationResult result = set != nullptr ? measured_on_set(model, *set) : measured_on_people(model);
  if (std::isnan(result.accuracy)) throw Failure("its pairs are all of one kind, so they have no accuracy");
  held_out_ = {global_step, result.accuracy, result.accuracy_standard_error};
  log_info("step {}: {:.2f} +- {:.2f} % on {} {} pairs", global_step, 100 * result.accuracy,
           100 * result.accuracy_standard_error, result.num_pairs, set != nullptr ? set->options.name : "held-out");
  records.add_scalar("validation", "validation_accuracy", global_step, result.accuracy);
}

bool RunMeasurements::measure_held_out(const Model& model, int64_t global_step, RunRecords& records) {
  const Stopwatch watch;
  bool is_measured = false;
  try {
    measure(model, global_step, records);
    is_measured = true;
  } catch (const Interrupted&) {
    log_info("the held-out pairs are not measured at step {}: a signal asks to stop", global_step);
  } catch (const LostProcess&) {
    throw;
  } catch (const std::runtime_error& error) {
    log_warning("the held-out pairs were not measured at step {}: {}", global_step, error.what());
  }
  seconds_ += watch.seconds();
  records.add_scalar("time", "validation_seconds", global_step, watch.seconds());
  return is_measured;
}

bool RunMeasurements::verify_sets(const Model& model, const RunPosition& position, VerificationSets sets,
                                  RunRecords& records) {
  if (setup_.verifications.empty()) return true;
  if (stop_was_asked_for()) return false;
  const Stopwatch watch;
  massface::verify_sets(setup_, model, position, sets, verified_, [&](const std::string& name, double value) {
    records.add_scalar(kVerificationKind, name, position.global_step, value);
    verified_.insert(name);
  });
  seconds_ += watch.seconds();
  return true;
}

}  // namespace massface
