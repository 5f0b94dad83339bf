#pragma once

#include <torch/torch.h>

#include <memory>
#include <string>

#include "core/tensor.h"
#include "distributed/processes.h"

namespace massface {

class TracedValue;

// What BatchNorm normalises by while the network trains, and which of its parameters learn:
//   kBatch         the batch's statistics; the running ones are updated; scale and shift learn. If several processes
//                  train together, each normalises its share of the batch by the statistics of that share
//   kSynchronised  the same, by the statistics of the whole batch of all processes
//   kRunning       the running statistics, which are not updated; scale and shift learn
//   kFrozen        the running statistics; nothing changes
enum class BatchNormMode { kBatch, kSynchronised, kRunning, kFrozen };

constexpr double kBatchNormEpsilon = 1e-5;
constexpr double kBatchNormMomentum = 0.1;

struct BatchNormOptions {
  double epsilon = kBatchNormEpsilon;  // added to the variance
  bool learns_scale = true;            // false: the scale stays as it is, 1 at first
};

// BatchNorm with momentum 0.1: Ioffe and Szegedy, "Batch normalization", ICML 2015. Its weights are called as those of
// torch.nn.BatchNorm2d: weight (the scale), bias (the shift), and the buffers running_mean, running_var, [channels]
// each.
class BatchNorm : public torch::nn::Module {
 public:
  explicit BatchNorm(int64_t channels, const BatchNormOptions& options = {});

  // x: [B, channels, H, W]. Updates the running statistics in training mode with kBatch and kSynchronised.
  Tensor forward(const Tensor& x);
  // Records the layer (backbone/network_trace.h).
  TracedValue forward(const TracedValue& x) const;

  // The initial mode is kBatch. kFrozen clears requires_grad of the parameters; the other modes set it again, for the
  // scale only if it learns.
  void set_mode(BatchNormMode mode, std::shared_ptr<Processes> processes = single_process());

  // Returns whether it normalises by the batch's statistics and updates the running ones.
  bool normalises_by_batch() const {
    return is_training() && (mode_ == BatchNormMode::kBatch || mode_ == BatchNormMode::kSynchronised);
  }
  // The processes whose batches have their statistics in common; a single one unless the mode is kSynchronised.
  Processes& normalising_together() const { return *processes_; }

  // The tensors themselves, not copies.
  struct Parts {
    Tensor gamma, beta, running_mean, running_variance;
  };
  const Parts& parts() const { return parts_; }
  double epsilon() const { return options_.epsilon; }

 private:
  BatchNormOptions options_;
  BatchNormMode mode_ = BatchNormMode::kBatch;
  std::shared_ptr<Processes> processes_ = single_process();
  Parts parts_;
};

// "batch", "synchronised", "running", "frozen".
std::vector<std::string> batch_norm_names();
BatchNormMode parse_batch_norm(const std::string& name);
// Returns whether the mode uses statistics of the batch.
bool normalises_by_batch(const std::string& name);

}  // namespace massface
