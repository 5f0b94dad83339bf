#pragma once

#include <array>
#include <string>
#include <vector>

#include "backbone/layer_work.h"
#include "benchmark/speed.h"

namespace massface {

// What the machine can do: the two roofs of the roofline model (Williams, Waterman and Patterson, 2009).
struct Roofs {
  double flops_per_second = 0;  // kernels/fma_peak.h
  double bytes_per_second = 0;  // kernels/memory_bandwidth.h

  // The time that this work takes at least, and whether the memory is what takes it.
  double limit_seconds(const Work& work) const;
  bool memory_bound(const Work& work) const;
};

// A part of the step: the layers of one kind in one direction, or what is no layer.
struct ProfileLine {
  std::string part;  // "pointwise", "classifier_and_loss", ...
  std::string pass;  // "forward", "backward", or empty for what is not in one of them alone
  double seconds = 0;
  int64_t calls = 0;
  Work work;  // at least; 0 where it is not known ("rest")
};

// One layer of the network, both ways.
struct LayerProfile {
  LayerWork work;
  int64_t in_channels = 0, out_channels = 0;
  double forward_seconds = 0, backward_seconds = 0;
};

struct StepProfile {
  SpeedBenchmark speed;   // of the same steps
  double seconds = 0;     // of a step, the sum of the lines: the mean of the middle half of the measured steps
  int64_t num_steps = 0;  // in that half
  Roofs roofs;
  std::vector<ProfileLine> lines;
  std::vector<LayerProfile> layers;
};

// The sum of its lines' limits.
double limit_seconds(const StepProfile& profile);

// Where the time of a training step goes. Throws Error where the network's layers cannot be timed: kernels "reference".
StepProfile profile_step(const SpeedOptions& options);

}  // namespace massface
