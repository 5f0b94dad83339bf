#pragma once

#include <cstdint>
#include <string>

#include "backbone/backbone.h"
#include "core/options.h"
#include "mining/mining_options.h"

namespace massface {

struct GpuStepOptions {
  std::string device = "auto";
  std::string precision = "bf16";
  std::string cuda_graphs = "on";
  std::string backbone = BackboneOptions().name;
  int64_t identities = 210;
  int64_t images_per_identity = 4;
  std::string strategy = MiningOptions().strategy;
  double margin = 0.3;
  int64_t stored_images = 20000;
  double seconds = 10;

  void describe(OptionTable& table);
};

struct GpuStepBenchmark {
  std::string device;  // as kernel_path() describes it
  int64_t images = 0;  // in a batch
  int64_t repeats = 0;
  double milliseconds = 0;  // median of a whole step, from the call until the loss is on the host
  double images_per_second = 0;
  double augmentation_milliseconds = 0;  // of that: taking the batch from the device's memory and augmenting it
  double mining_milliseconds = 0;  // selection, loss and its gradient with respect to the embeddings, measured alone
  double loss = 0;                 // of the last step
  int64_t peak_memory_bytes = 0;   // of the GPU, or of this process on a CPU
};

// Measures the step of a triplet phase as `massface train` runs it (train/training_step.h), on images in the device's
// memory: augmentation, normalisation, forward, mining, loss, backward, SGD with momentum. The images are noise,
// because the work does not depend on their contents. Throws Error if the device is not available.
GpuStepBenchmark benchmark_gpu_step(const GpuStepOptions& options);

}  // namespace massface
