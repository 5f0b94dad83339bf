#pragma once

#include <cstdint>

#include "core/error.h"
#include "kernels/values.h"

namespace massface {

// Memory that will be read next. Arithmetic on data in the cache prefetches it as it proceeds: this arithmetic does not
// wait for memory itself, whereas the code that reads that memory next would do nothing but wait. Ranges are consumed
// as they are prefetched.
class ReadAhead {
 public:
  ReadAhead() = default;
  // Adds a range of `numbers` numbers. At most three ranges can be added.
  void add(ConstValues begin, int64_t numbers) {
    if (numbers <= 0) return;
    check(count_ < 3, "at most three ranges are read ahead");
    ranges_[count_++] = {begin.bytes(), numbers * bytes_of(begin.storage())};
  }

  // Cache lines to prefetch: the first is at `first`, each of the others `step` bytes after the one before.
  struct Lines {
    const char* first;
    int64_t step;
  };
  // Takes up to `lines` consecutive cache lines of the current range. If no range is left, returns lines at `anywhere`
  // with a step of 0.
  Lines take(int64_t lines, const void* anywhere) {
    if (next_ == count_) return {static_cast<const char*>(anywhere), 0};
    Range& range = ranges_[next_];
    const Lines taken{range.begin, kLineBytes};
    range.begin += lines * kLineBytes;
    range.bytes -= lines * kLineBytes;
    if (range.bytes <= 0) ++next_;
    return taken;
  }

 private:
  static constexpr int64_t kLineBytes = 64;
  struct Range {
    const char* begin;
    int64_t bytes;
  };
  Range ranges_[3] = {};
  int count_ = 0, next_ = 0;
};

}  // namespace massface
