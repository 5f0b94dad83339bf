#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

// Rows of numbers in memory: float32, or bfloat16, which is the upper half of a float32 and takes half the memory.
// Arithmetic is float32 for both, except in products (kernels/bfloat16_product.h).
namespace massface {

struct Bfloat16 {
  uint16_t bits;
};

inline float to_float(Bfloat16 value) { return std::bit_cast<float>(uint32_t{value.bits} << 16); }

// Rounds to the nearest number, ties to even. A NaN stays a NaN.
inline Bfloat16 to_bfloat16(float value) {
  if (value != value) return {0x7fff};
  const auto bits = std::bit_cast<uint32_t>(value);
  return {static_cast<uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16)};
}

enum class Storage { kFloat32, kBfloat16 };

constexpr int64_t bytes_of(Storage storage) { return storage == Storage::kFloat32 ? 4 : 2; }

// A pointer to numbers of either storage. May be null.
class ConstValues {
 public:
  ConstValues() = default;
  ConstValues(std::nullptr_t) {}
  ConstValues(const float* data) : data_(data) {}
  ConstValues(const Bfloat16* data) : data_(data), storage_(Storage::kBfloat16) {}

  explicit operator bool() const { return data_ != nullptr; }
  Storage storage() const { return storage_; }
  // The pointer with its type, which must be that of storage().
  const float* floats() const { return static_cast<const float*>(data_); }
  const Bfloat16* halves() const { return static_cast<const Bfloat16*>(data_); }
  const char* bytes() const { return static_cast<const char*>(data_); }
  ConstValues operator+(int64_t numbers) const {
    return storage_ == Storage::kFloat32 ? ConstValues(floats() + numbers) : ConstValues(halves() + numbers);
  }

 private:
  const void* data_ = nullptr;
  Storage storage_ = Storage::kFloat32;
};

class Values {
 public:
  Values() = default;
  Values(std::nullptr_t) {}
  Values(float* data) : data_(data) {}
  Values(Bfloat16* data) : data_(data), storage_(Storage::kBfloat16) {}

  explicit operator bool() const { return data_ != nullptr; }
  operator ConstValues() const { return storage_ == Storage::kFloat32 ? ConstValues(floats()) : ConstValues(halves()); }
  Storage storage() const { return storage_; }
  float* floats() const { return static_cast<float*>(data_); }
  Bfloat16* halves() const { return static_cast<Bfloat16*>(data_); }
  Values operator+(int64_t numbers) const {
    return storage_ == Storage::kFloat32 ? Values(floats() + numbers) : Values(halves() + numbers);
  }

 private:
  void* data_ = nullptr;
  Storage storage_ = Storage::kFloat32;
};

// Uses memory of floats for numbers of the given storage.
inline Values values_in(float* memory, Storage storage) {
  return storage == Storage::kFloat32 ? Values(memory) : Values(reinterpret_cast<Bfloat16*>(memory));
}

}  // namespace massface
