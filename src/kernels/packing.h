#pragma once

#include <cstdint>
#include <memory>
#include <new>

namespace massface {

// An array aligned for the widest vectors. It is not initialised, because packing should touch memory only once.
template <class T>
class AlignedArray {
 public:
  explicit AlignedArray(int64_t size)
      : values_(static_cast<T*>(::operator new(static_cast<size_t>(size) * sizeof(T), kAlignment))) {}
  T* data() { return values_.get(); }
  const T* data() const { return values_.get(); }

 private:
  static constexpr std::align_val_t kAlignment{64};
  struct Free {
    void operator()(T* values) const { ::operator delete(values, kAlignment); }
  };
  std::unique_ptr<T, Free> values_;
};
using AlignedFloats = AlignedArray<float>;

inline int64_t round_up(int64_t value, int64_t multiple) { return (value + multiple - 1) / multiple * multiple; }

}  // namespace massface
