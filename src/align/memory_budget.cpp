#include "align/memory_budget.h"

#include "core/error.h"
#include "core/memory.h"

namespace massface {

int64_t default_photograph_memory() {
  constexpr int64_t kIfUnknown = int64_t{2} << 30;
  const int64_t available = available_memory_bytes();
  return available > 0 ? available / 2 : kIfUnknown;
}

MemoryBudget::Share::~Share() {
  if (bytes_ == 0) return;
  {
    const std::lock_guard lock(budget_->mutex_);
    budget_->free_bytes_ += bytes_;
  }
  budget_->changed_.notify_all();
}

MemoryBudget::Share MemoryBudget::reserve(int64_t bytes) {
  check(bytes >= 0 && bytes <= bytes_, "a share of the budget");
  {
    std::unique_lock lock(mutex_);
    const int64_t request = next_request_++;
    changed_.wait(lock, [&] { return served_requests_ == request && free_bytes_ >= bytes; });
    ++served_requests_;
    free_bytes_ -= bytes;
  }
  changed_.notify_all();  // the next request may fit as well
  return {*this, bytes};
}

}  // namespace massface
