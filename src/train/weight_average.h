#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/tensor.h"
#include "model/model.h"
#include "tensor_file/safetensors.h"

namespace massface {

// The exponential moving average of a network's parameters and running statistics over the steps of a phase ("Polyak
// averaging"; Polyak and Juditsky, SIAM J. Control Optim. 30, 1992, with exponential weights): it often generalises
// better than the weights that it averages, which the learning rate's noise moves about.
class WeightAverage {
 public:
  // Starts as the model's weights. decay: in (0, 1).
  WeightAverage(const Model& model, double decay);

  // After step `step` (from 0, of those in which the network learns): average = d average + (1 - d) weights, where d
  // grows with the steps to `decay`, as (1 + step) / (10 + step): otherwise a short phase would end near the weights
  // that it started from.
  void update(int64_t step);

  // The averaged model, which the next update changes.
  const Model& model() const { return average_; }

  // Appends the weights that are being averaged, as "weights.NAME" on the CPU, for a checkpoint whose model is the
  // average.
  void add_weights(NamedTensors& state) const;
  // The other way round: the model has the weights of the checkpoint, the average. Copies it to average_, and the
  // checkpoint's own weights to the model. Throws Error if one is missing.
  void restore(const NamedTensors& state);

 private:
  double decay_;
  Model average_;
  std::vector<std::string> names_;
  std::vector<Tensor> weights_, averages_;  // of names_
};

}  // namespace massface
