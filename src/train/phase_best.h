#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "tensor_file/safetensors.h"

namespace massface {

// How good the weights of a step of a phase are on the held-out pairs.
struct HeldOutAccuracy {
  int64_t phase_step = 0;  // steps trained in the phase; 0: the weights that it started from
  double accuracy = 0;
  double standard_error = 0;
};

// The best weights of a phase on the held-out pairs, including those that it started from, and whether it still gets
// better. Kept in RUN/checkpoints/PHASE-best.safetensors, so that a resumed run has them.
class PhaseBest {
 public:
  // Takes the accuracy of weights, and keeps them if they are the best. model: as to_tensors() returns it. Returns
  // whether they are.
  bool offer(const HeldOutAccuracy& measured, const NamedTensors& model);

  // Forgets measurements after this step of the phase, which a run that went back to it will take again. Weights of
  // such a measurement are gone, and the next that are offered are the best.
  void forget_after(int64_t phase_step);

  bool is_empty() const { return !best_; }
  const HeldOutAccuracy& start() const { return *start_; }  // the first that was offered
  const HeldOutAccuracy& best() const { return *best_; }
  const NamedTensors& model() const { return model_; }

  // Returns whether so many of the newest measurements were not better by more than a standard error than the last one
  // that was. Measurements after phase_step, by a process that was killed later, do not count.
  bool has_settled(int64_t patience, int64_t phase_step) const;

  // The same as tensors with metadata, and back. Throws Error, which names the source, if something is missing.
  NamedTensors to_tensors() const;
  static PhaseBest from_tensors(const NamedTensors& tensors, const std::string& source);

 private:
  std::vector<HeldOutAccuracy> measured_;  // all, in their order
  std::optional<HeldOutAccuracy> start_, best_;
  NamedTensors model_;  // of best_
};

}  // namespace massface
