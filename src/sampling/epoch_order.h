#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace massface {

// Caches the shuffles of the most recent epochs. A sampler is a pure function of the step, but shuffling 500,000 images
// again for each batch would cost more than the batch itself. Thread-safe; results do not depend on earlier calls.
class EpochOrder {
 public:
  using Order = std::shared_ptr<const std::vector<int64_t>>;

  // shuffle: returns the order of an epoch; must be a pure function.
  explicit EpochOrder(std::function<std::vector<int64_t>(int64_t epoch)> shuffle) : shuffle_(std::move(shuffle)) {}

  Order operator()(int64_t epoch) const;

 private:
  std::function<std::vector<int64_t>(int64_t epoch)> shuffle_;
  mutable std::mutex mutex_;
  mutable std::vector<std::pair<int64_t, Order>> recent_;  // newest last
};

}  // namespace massface
