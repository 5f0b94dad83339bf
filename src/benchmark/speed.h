#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "backbone/backbone.h"
#include "core/options.h"

namespace massface {

struct SpeedOptions {
  std::string backbone = BackboneOptions().name;
  std::string kernels = "fast";    // or "reference"
  std::string precision = "fp32";  // precision_names()
  int64_t memory_budget = 0;       // of a training step, in megabytes; see BackboneOptions
  int64_t batch = 64;
  int64_t threads = 0;  // 0: one per available core
  double seconds = 10;  // duration of the measurement

  void describe(OptionTable& table);
};

// The speed of some work on a batch of images, and the machine's limit.
struct SpeedBenchmark {
  double images_per_second = 0;
  double milliseconds = 0;  // per batch, the median of `repeats`
  int64_t repeats = 0;
  double gflop_per_image = 0;   // of the convolutions, counted from the shapes of the layers
  double peak_gflops = 0;       // multiply-add peak of `threads` threads, measured in the same run (kernels/fma_peak.h)
  double fraction_of_peak = 0;  // gflop_per_image * images_per_second / peak_gflops
  // Page faults per batch after the warm-up: 0 if memory is planned once and reused.
  double page_faults_per_repeat = 0;
  int64_t peak_memory_bytes = 0;  // the largest resident set of this process so far
  int64_t threads = 0;
  std::string precision = "fp32";  // as computed; see describe_precision()
  double fused_share = 0;          // of a training step's convolutions; see Backbone::fused_share
};

// Calls `work` (one batch) three times to warm up, then repeatedly for options.seconds, at least three times.
// flops_per_image: the FLOPs of `work` for each image.
SpeedBenchmark measure_speed(const SpeedOptions& options, double flops_per_image, const std::function<void()>& work);

}  // namespace massface
