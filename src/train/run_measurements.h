#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>

#include "recipe/training_setup.h"
#include "train/run_records.h"
#include "train/verify_sets.h"

namespace massface {

// How good the network is at the newest step of a run: on the pairs that choose checkpoints, and on the
// [[verification]] sets. Each is measured once a step, also if the run is stopped there and goes on. Every process of a
// training has the same, and takes part in each measurement.
class RunMeasurements {
 public:
  // The newest measurement of the pairs that choose checkpoints.
  struct HeldOut {
    int64_t global_step = 0;
    double accuracy = 0;
    std::optional<double> standard_error;  // absent if a checkpoint told of it
  };

  // setup: must outlive this.
  explicit RunMeasurements(const TrainingSetup& setup) : setup_(setup) {}

  // What was measured before, by the process that the run goes on from.
  void set_held_out(const HeldOut& known) { held_out_ = known; }
  void forget_held_out() { held_out_.reset(); }
  void set_verified(std::set<std::string> figures) { verified_ = std::move(figures); }

  // Whether there are pairs that choose checkpoints, and no signal asks to stop.
  bool can_measure() const;

  // The measurement of the weights after this step, if there is one.
  const HeldOut* held_out_at(int64_t global_step) const;

  // Measures the pairs that choose checkpoints. Returns whether that was done: a signal prevents it, and a fault does,
  // with a warning. Throws LostProcess.
  bool measure_held_out(const Model& model, int64_t global_step, RunRecords& records);

  // Another step was trained: what is verified from now on is another network.
  void step() { verified_.clear(); }

  // Measures the [[verification]] sets; not those whose figures are known already. One that fails is a warning. Returns
  // whether that was done: after a stop signal, nothing is measured.
  bool verify_sets(const Model& model, const RunPosition& position, VerificationSets sets, RunRecords& records);

  double seconds() const { return seconds_; }

 private:
  VerificationResult measured_on_set(const Model& model, const OpenedVerification& set) const;
  VerificationResult measured_on_people(const Model& model) const;
  void measure(const Model& model, int64_t global_step, RunRecords& records);

  const TrainingSetup& setup_;
  std::optional<HeldOut> held_out_;
  std::set<std::string> verified_;  // figures that were recorded at the newest step
  double seconds_ = 0;
};

}  // namespace massface
