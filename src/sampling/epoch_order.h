#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace massface {

// Remembers the shuffles of the last epochs that were asked for: a sampler is a pure function of the step, but a
// shuffle of 500,000 images for each of its batches would cost more than the batch. Thread-safe; what it returns
// does not depend on what was asked before.
class EpochOrder {
 public:
  using Order = std::shared_ptr<const std::vector<int64_t>>;

  // shuffle: the order of an epoch, a pure function.
  explicit EpochOrder(std::function<std::vector<int64_t>(int64_t epoch)> shuffle) : shuffle_(std::move(shuffle)) {}

  Order operator()(int64_t epoch) const;

 private:
  std::function<std::vector<int64_t>(int64_t epoch)> shuffle_;
  mutable std::mutex mutex_;
  mutable std::vector<std::pair<int64_t, Order>> recent_;  // newest last
};

}  // namespace massface
