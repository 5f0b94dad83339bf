#pragma once

#include <cstdint>

// Code that the register tiles of kernels/block_tile-inl.h and kernels/dot_products.cpp share.
namespace massface {

#define MASSFACE_INLINE inline __attribute__((always_inline))

// Reads a value that may have been written as another type: a pair may have been written as two halves.
template <class T>
MASSFACE_INLINE T read(const T* from) {
  T value;
  __builtin_memcpy(&value, from, sizeof(T));
  return value;
}

// The left factor of a tile, stored row after row: operator() returns the value of a row at the current depth. Three
// rows share a pointer, since an address may add one or two times a stride to it: twelve pointers would not fit into
// the registers.
template <class T, int64_t kRows>
class ByRows {
 public:
  MASSFACE_INLINE ByRows(const T* a, int64_t stride) : stride_(stride) {
    for (int64_t i = 0; i < kPointers; ++i) pointers_[i] = a + 3 * i * stride;
  }
  MASSFACE_INLINE T operator()(int64_t row) const { return read(pointers_[row / 3] + row % 3 * stride_); }
  MASSFACE_INLINE void next() {
    for (int64_t i = 0; i < kPointers; ++i) ++pointers_[i];
  }

 private:
  static constexpr int64_t kPointers = (kRows + 2) / 3;
  const T* pointers_[kPointers];
  int64_t stride_;
};

// The same, stored depth after depth (a transposed block).
template <class T, int64_t kRows>
class ByDepth {
 public:
  MASSFACE_INLINE ByDepth(const T* a, int64_t stride) : pointer_(a), stride_(stride) {}
  MASSFACE_INLINE T operator()(int64_t row) const { return read(pointer_ + row); }
  MASSFACE_INLINE void next() { pointer_ += stride_; }

 private:
  const T* pointer_;
  int64_t stride_;
};

// Calls tile.operator()<count>(first row) for as many tiles of kFullRows rows as fit, then for smaller ones.
template <int64_t kFullRows, class Tile>
MASSFACE_INLINE void over_tile_rows(int64_t rows, const Tile& tile) {
  int64_t row = 0;
  const auto take = [&]<int64_t kRows>() __attribute__((always_inline)) {
    for (; row + kRows <= rows; row += kRows) tile.template operator()<kRows>(row);
  };
  take.template operator()<kFullRows>();
  take.template operator()<kFullRows * 2 / 3>();
  take.template operator()<kFullRows / 3>();
  take.template operator()<1>();
}

}  // namespace massface
