#include "backbone/batch_norm.h"

#include "backbone/network_trace.h"
#include "backbone/shared_statistics.h"
#include "core/error.h"

namespace massface {

BatchNorm::BatchNorm(int64_t channels, const BatchNormOptions& options) : options_(options) {
  parts_.gamma = register_parameter("weight", torch::ones({channels}));
  parts_.beta = register_parameter("bias", torch::zeros({channels}));
  parts_.running_mean = register_buffer("running_mean", torch::zeros({channels}));
  parts_.running_variance = register_buffer("running_var", torch::ones({channels}));
  set_mode(mode_);
}

Tensor BatchNorm::forward(const Tensor& x) {
  const auto& [gamma, beta, mean, variance] = parts_;
  if (normalises_by_batch() && processes_->size() > 1) {
    return synchronised_batch_norm(x, gamma, beta, mean, variance, kBatchNormMomentum, options_.epsilon, processes_);
  }
  return at::batch_norm(x, gamma, beta, mean, variance, normalises_by_batch(), kBatchNormMomentum, options_.epsilon,
                        /*cudnn_enabled=*/true);
}

TracedValue BatchNorm::forward(const TracedValue& x) const {
  return x.then({.kind = NetworkOperation::Kind::kNorm, .norm = this});
}

void BatchNorm::set_mode(BatchNormMode mode, std::shared_ptr<Processes> processes) {
  mode_ = mode;
  processes_ = mode == BatchNormMode::kSynchronised ? std::move(processes) : single_process();
  parts_.gamma.set_requires_grad(options_.learns_scale && mode != BatchNormMode::kFrozen);
  parts_.beta.set_requires_grad(mode != BatchNormMode::kFrozen);
}

std::vector<std::string> batch_norm_names() { return {"batch", "synchronised", "running", "frozen"}; }

BatchNormMode parse_batch_norm(const std::string& name) {
  if (name == "batch") return BatchNormMode::kBatch;
  if (name == "synchronised") return BatchNormMode::kSynchronised;
  if (name == "running") return BatchNormMode::kRunning;
  check(name == "frozen", "batch_norm is a described choice");
  return BatchNormMode::kFrozen;
}

bool normalises_by_batch(const std::string& name) { return name == "batch" || name == "synchronised"; }

}  // namespace massface
