#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace massface {

// Returns the bytes that photographs which are processed at the same time may take if the user does not say: half of
// the memory that is available.
int64_t default_photograph_memory();

// Memory that threads share: each reserves what it will need and waits until that much is free. Requests are served in
// the order in which they were made, so that a large one is not overtaken for ever. May be called from several threads.
class MemoryBudget {
 public:
  // A reservation, which ends with the object. The budget must outlive it.
  class Share {
   public:
    Share(Share&& other) noexcept : budget_(other.budget_), bytes_(other.bytes_) { other.bytes_ = 0; }
    Share& operator=(Share&&) = delete;
    ~Share();

   private:
    friend class MemoryBudget;
    Share(MemoryBudget& budget, int64_t bytes) : budget_(&budget), bytes_(bytes) {}
    MemoryBudget* budget_;
    int64_t bytes_;
  };

  explicit MemoryBudget(int64_t bytes) : bytes_(bytes), free_bytes_(bytes) {}

  int64_t bytes() const { return bytes_; }

  // bytes: at most bytes(). To keep threads from waiting for each other, a thread that holds a share must not reserve
  // another.
  Share reserve(int64_t bytes);

 private:
  const int64_t bytes_;
  std::mutex mutex_;  // guards the members below
  std::condition_variable changed_;
  int64_t free_bytes_;
  int64_t next_request_ = 0;
  int64_t served_requests_ = 0;
};

}  // namespace massface
