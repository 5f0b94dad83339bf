#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

#ifdef __CUDACC__
#define MASSFACE_HOST_DEVICE __host__ __device__
#elif !defined(MASSFACE_HOST_DEVICE)  // kernels/testing_device.h has its own
#define MASSFACE_HOST_DEVICE
#endif

namespace massface {

// The purpose of a random number. Two purposes never share a stream, so adding a draw to one leaves the others
// unchanged. Checkpoints rely on these values: append, never reorder.
enum class RandomStream : uint32_t {
  kIdentityOrder = 1,
  kImageChoice = 2,
  kImageOrder = 3,
  kAugment = 4,
  kReplacement = 5,
  kParameterInit = 6,
  kHoldOut = 7,
  kValidationPairs = 8,
  kSyntheticIdentity = 9,
  kSyntheticImage = 10,
  kSyntheticPairs = 11,
  kPhaseSeed = 12,
  kTripletChoice = 13,
  kTripletSample = 14,
  kTripletOrder = 15,
  kRoundIdentities = 16,
  kSyntheticPhotograph = 17,
  kClassSample = 18,
  kStrangerChoice = 19,
  kDropout = 20,
};

// Counter-based random numbers: the n-th value is a pure function of (seed, stream, step, item, n), so any step can be
// replayed and the order in which threads draw does not matter. Philox4x32-10, Salmon et al., "Parallel random numbers:
// as easy as 1, 2, 3", SC 2011.
class Random {
 public:
  // step: the batch, epoch or image to which the numbers belong. item: a part of it, below 2^32.
  MASSFACE_HOST_DEVICE Random(uint64_t seed, RandomStream stream, uint64_t step = 0, uint32_t item = 0)
      : key_{static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32)},
        counter_{0, item, static_cast<uint32_t>(step),
                 static_cast<uint32_t>(step >> 32) ^ (static_cast<uint32_t>(stream) << 20)} {}

  // Jumps to the block-th group of four values, for an item that has many parts.
  MASSFACE_HOST_DEVICE Random& seek(uint32_t block) {
    counter_[0] = block;
    used_ = 4;
    return *this;
  }

  MASSFACE_HOST_DEVICE uint32_t next_u32() {
    if (used_ == 4) refill();
    return block_[used_++];
  }

  MASSFACE_HOST_DEVICE uint64_t next_u64() {
    const uint64_t high = next_u32();
    return (high << 32) | next_u32();
  }

  // Uniform in [0, 1), 24 bits: the same value in float and double.
  MASSFACE_HOST_DEVICE float uniform() { return static_cast<float>(next_u32() >> 8) * 0x1p-24f; }

  // Uniform in [low, high).
  MASSFACE_HOST_DEVICE float uniform(float low, float high) { return low + (high - low) * uniform(); }

  // Uniform integer in [0, bound), bound >= 1. Multiply-shift; the bias is below bound / 2^64.
  MASSFACE_HOST_DEVICE uint64_t below(uint64_t bound) {
    return static_cast<uint64_t>((static_cast<unsigned __int128>(next_u64()) * bound) >> 64);
  }

  // Standard normal (Box-Muller, the cosine half).
  MASSFACE_HOST_DEVICE float normal() {
    const double radius = std::sqrt(-2.0 * std::log((static_cast<double>(next_u32()) + 1.0) * 0x1p-32));
    return static_cast<float>(radius * std::cos(6.283185307179586 * static_cast<double>(next_u32()) * 0x1p-32));
  }

  // Fisher-Yates: every order equally likely.
  template <typename T>
  void shuffle(std::vector<T>& values) {
    for (size_t i = values.size(); i > 1; --i) std::swap(values[i - 1], values[below(i)]);
  }

 private:
  MASSFACE_HOST_DEVICE void refill() {
    uint32_t c[4] = {counter_[0], counter_[1], counter_[2], counter_[3]};
    uint32_t k[2] = {key_[0], key_[1]};
    for (int round = 0; round < 10; ++round) {
      const uint64_t p0 = uint64_t{0xD2511F53} * c[0];
      const uint64_t p1 = uint64_t{0xCD9E8D57} * c[2];
      const uint32_t n[4] = {static_cast<uint32_t>(p1 >> 32) ^ c[1] ^ k[0], static_cast<uint32_t>(p1),
                             static_cast<uint32_t>(p0 >> 32) ^ c[3] ^ k[1], static_cast<uint32_t>(p0)};
      for (int i = 0; i < 4; ++i) c[i] = n[i];
      k[0] += 0x9E3779B9;
      k[1] += 0xBB67AE85;
    }
    for (int i = 0; i < 4; ++i) block_[i] = c[i];
    ++counter_[0];
    used_ = 0;
  }

  uint32_t key_[2];
  uint32_t counter_[4];
  uint32_t block_[4] = {};
  int used_ = 4;
};

}  // namespace massface
