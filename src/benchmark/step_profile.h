#pragma once

#include <array>
#include <string>
#include <vector>

#include "backbone/layer_work.h"
#include "benchmark/speed.h"

namespace massface {

// The machine's limits: the two roofs of the roofline model (Williams, Waterman and Patterson, 2009).
struct Roofs {
  double flops_per_second = 0;  // kernels/fma_peak.h
  double bytes_per_second = 0;  // kernels/memory_bandwidth.h

  // The least time that this work can take.
  double limit_seconds(const Work& work) const;
  // Whether memory, rather than arithmetic, sets that limit.
  bool memory_bound(const Work& work) const;
};

// A part of the step: the layers of one kind in one direction, or work outside the layers.
struct ProfileLine {
  std::string part;  // "pointwise", "classifier_and_loss", ...
  std::string pass;  // "forward", "backward", or empty if the part belongs to neither alone
  double seconds = 0;
  int64_t calls = 0;
  Work work;  // the least work; 0 if it is unknown ("rest")
};

// One layer of the network, forward and backward.
struct LayerProfile {
  LayerWork work;
  int64_t in_channels = 0, out_channels = 0;
  double forward_seconds = 0, backward_seconds = 0;
};

struct StepProfile {
  SpeedBenchmark speed;   // of the same steps
  double seconds = 0;     // per step, the mean of the middle half of the measured steps; the sum of the lines
  int64_t num_steps = 0;  // in that half
  Roofs roofs;
  std::vector<ProfileLine> lines;
  std::vector<LayerProfile> layers;
};

// The sum of the limits of the profile's lines.
double limit_seconds(const StepProfile& profile);

// Measures where the time of a training step goes. Throws Error for a precision other than fp32, and if the network's
// layers cannot be timed: kernels "reference", or a batch of one image.
StepProfile profile_step(const SpeedOptions& options);

}  // namespace massface
