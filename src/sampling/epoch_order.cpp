#include "sampling/epoch_order.h"

namespace massface {

EpochOrder::Order EpochOrder::operator()(int64_t epoch) const {
  // The lock is held while shuffling, so threads that reach a new epoch together shuffle it once.
  const std::lock_guard lock(mutex_);
  for (const auto& [known, order] : recent_) {
    if (known == epoch) return order;
  }
  // Around the end of an epoch, prefetching threads ask for it and for the two that follow.
  constexpr size_t kRemembered = 3;
  if (recent_.size() == kRemembered) recent_.erase(recent_.begin());
  recent_.emplace_back(epoch, std::make_shared<const std::vector<int64_t>>(shuffle_(epoch)));
  return recent_.back().second;
}

}  // namespace massface
