#pragma once

#include <cstdint>
#include <string>

#include "core/options.h"

namespace massface {

struct GpuStepOptions {
  std::string device = "auto";
  std::string precision = "bf16";
  std::string cuda_graphs = "on";
  std::string backbone = "mobilefacenet_massface";
  int64_t identities = 210;
  int64_t images_per_identity = 4;
  std::string strategy = "batch_hardest";
  double margin = 0.3;
  int64_t stored_images = 20000;
  double seconds = 10;

  void describe(OptionTable& table);
};

struct GpuStepBenchmark {
  std::string device;  // its name
  int64_t images = 0;  // of a batch
  int64_t repeats = 0;
  double milliseconds = 0;  // a whole step, the median: from the call to the loss's number on the host
  double images_per_second = 0;
  double augmentation_milliseconds = 0;  // of that: taking the batch from the device's memory, augmented
  double mining_milliseconds = 0;        // selection, loss and its gradient by the embeddings, measured alone
  double loss = 0;                       // of the last step
  int64_t peak_memory_bytes = 0;         // of the GPU, or of this process
};

// A triplet phase's step as `massface train` takes it (train/training_step.h), on images in the device's memory:
// augmentation, normalisation, forward, mining, loss, backward, SGD with momentum. Images are noise: the work does not
// depend on them. Throws Error where the device is not there.
GpuStepBenchmark benchmark_gpu_step(const GpuStepOptions& options);

}  // namespace massface
