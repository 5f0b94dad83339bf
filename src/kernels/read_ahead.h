#pragma once

#include <cstdint>

#include "core/error.h"
#include "kernels/values.h"

namespace massface {

// Memory that will be read next, which arithmetic in the cache asks for as it goes: it waits for no memory itself, and
// what comes before it next does nothing else. Consumed as it is asked for.
class ReadAhead {
 public:
  ReadAhead() = default;
  // At most three ranges.
  void add(ConstValues begin, int64_t numbers) {
    if (numbers <= 0) return;
    check(count_ < 3, "a fourth range to read ahead");
    ranges_[count_++] = {begin.bytes(), numbers * bytes_of(begin.storage())};
  }

  // Up to `lines` cache lines that follow each other: the first is at `first`, each of the others `step` bytes on. What
  // is left of the last range is none: a step of 0 from anywhere.
  struct Lines {
    const char* first;
    int64_t step;
  };
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
