#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

namespace massface {

// Numbered pieces of work [first, end) that several threads do in any order and one consumer takes in order. Threads
// loop on claim() and put(); claim() blocks while `capacity` numbers have been claimed but not taken.
template <typename T>
class OrderedSlots {
 public:
  OrderedSlots(int64_t first, int64_t end, int64_t capacity)
      : end_(end), capacity_(capacity), next_claim_(first), next_take_(first) {}

  // Returns the next number to work on, or nullopt if there are no more or close() was called.
  std::optional<int64_t> claim() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return closed_ || next_claim_ == end_ || next_claim_ < next_take_ + capacity_; });
    if (closed_ || next_claim_ == end_) return std::nullopt;
    return next_claim_++;
  }

  void put(int64_t number, T value) {
    const std::lock_guard lock(mutex_);
    done_.emplace(number, std::move(value));
    changed_.notify_all();
  }

  // Takes the value of the next number; nullopt if it is not done yet.
  std::optional<T> try_take() {
    const std::lock_guard lock(mutex_);
    if (!done_.contains(next_take_)) return std::nullopt;
    return take_done();
  }

  // Like try_take(), but waits until the value is done. Must not be called after the last number has been taken, nor
  // after close().
  T take() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return done_.contains(next_take_); });
    return take_done();
  }

  int64_t next_to_take() const {
    const std::lock_guard lock(mutex_);
    return next_take_;
  }

  // Ends the threads' loops; values that were not taken are dropped.
  void close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    changed_.notify_all();
  }

 private:
  T take_done() {
    T value = std::move(done_.extract(next_take_).mapped());
    ++next_take_;
    changed_.notify_all();
    return value;
  }

  const int64_t end_;
  const int64_t capacity_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  int64_t next_claim_;  // guarded by mutex_, like all members below
  int64_t next_take_;
  std::map<int64_t, T> done_;  // next_take_ and later
  bool closed_ = false;
};

}  // namespace massface
