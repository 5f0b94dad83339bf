#pragma once

#include <memory>
#include <unordered_map>
#include <vector>

#include "core/tensor.h"
#include "distributed/processes.h"

namespace massface {

// Sums the gradients of a step over the processes, in buckets that travel while the backward pass goes on: PyTorch's
// DistributedDataParallel does the same with hooks on parameters ("PyTorch Distributed", arXiv:2006.15704,
// section 3.2), which would all fire at once here, since the fused pass is one node of autograd's graph.
class GradientBuckets {
 public:
  static constexpr int64_t kBucketBytes = 1 << 20;

  // network: its parameters in the order of the forward pass, so that the last becomes ready first. Those that do not
  // require a gradient are left out. type: float32, or bfloat16, in which half as many bytes travel and the gradient is
  // rounded before it is summed and after each addition.
  GradientBuckets(const std::vector<Tensor>& network, std::shared_ptr<Processes> processes,
                  at::ScalarType type = at::kFloat, int64_t bucket_bytes = kBucketBytes);
  ~GradientBuckets();

  // Begins a step, and to sum the loss: a float32 scalar, of this process's share; finish() replaces it by the sum.
  // network_learns: as in StepRequest.
  void begin(const Tensor& loss, bool network_learns);

  // Called in the backward pass, once this process's gradient of a parameter of the network is complete. Starts the
  // bucket that it completes. A second call for a parameter does nothing.
  void ready(const Tensor& parameter, const Tensor& gradient);

  // Called after the backward pass: takes the gradients that were not announced from the parameters (a process without
  // images has none, which counts as zeros), waits for all sums, and stores them as the parameters' gradients.
  void finish();

 private:
  struct Bucket;

  Bucket& add_bucket();
  void put(Bucket& bucket, size_t member, const Tensor& gradient);
  void start(Bucket& bucket);

  std::shared_ptr<Processes> processes_;
  std::unique_ptr<PendingSum> travelling_loss_;
  std::vector<std::unique_ptr<Bucket>> buckets_;  // in the order in which they become complete
  struct Place {
    Bucket* bucket;
    size_t member;
  };
  std::unordered_map<const void*, Place> place_of_;  // by the parameter's TensorImpl
  Tensor loss_;
  bool network_learns_ = true;
  size_t next_ = 0;  // the bucket that is started next: all processes start them in the same order
};

}  // namespace massface
