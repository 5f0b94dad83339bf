#pragma once

#include <cstdint>
#include <memory>
#include <new>

namespace massface {

// Floats aligned for the widest vectors; not initialised, because touching memory twice is what packing avoids.
class AlignedFloats {
 public:
  explicit AlignedFloats(int64_t size)
      : values_(static_cast<float*>(::operator new(static_cast<size_t>(size) * sizeof(float), kAlignment))) {}
  float* data() { return values_.get(); }
  const float* data() const { return values_.get(); }

 private:
  static constexpr std::align_val_t kAlignment{64};
  struct Free {
    void operator()(float* values) const { ::operator delete(values, kAlignment); }
  };
  std::unique_ptr<float, Free> values_;
};

inline int64_t round_up(int64_t value, int64_t multiple) { return (value + multiple - 1) / multiple * multiple; }

}  // namespace massface
