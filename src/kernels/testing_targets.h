#pragma once

#include <gtest/gtest.h>
#include <hwy/highway.h>

#include "kernels/bfloat16_kernels.h"
#include "kernels/testing_tiles.h"

namespace massface {

// The bfloat16 products that every processor can test: what it has, and emulated tiles.
inline std::vector<const Bfloat16Kernels*> testable_bfloat16_kernels() {
  std::vector<const Bfloat16Kernels*> kernels = available_bfloat16_kernels();
  kernels.push_back(&kEmulatedTileKernels);
  return kernels;
}

// Uses other bfloat16 products while it exists.
class WithBfloat16Kernels {
 public:
  explicit WithBfloat16Kernels(const Bfloat16Kernels* kernels) : before_(bfloat16_kernels()) {
    use_bfloat16_kernels(kernels);
  }
  ~WithBfloat16Kernels() { use_bfloat16_kernels(before_); }
  WithBfloat16Kernels(const WithBfloat16Kernels&) = delete;
  WithBfloat16Kernels& operator=(const WithBfloat16Kernels&) = delete;

 private:
  const Bfloat16Kernels* before_;
};

// Runs `test` with each of testable_bfloat16_kernels().
template <class Test>
void on_all_bfloat16_kernels(const Test& test) {
  for (const Bfloat16Kernels* kernels : testable_bfloat16_kernels()) {
    SCOPED_TRACE(kernels->description);
    const WithBfloat16Kernels with(kernels);
    test();
  }
}

// Runs `test` with the kernels of every set of vector instructions that this processor has, from AVX2, which every
// supported processor has, upwards.
template <class Test>
void on_all_targets(const Test& test) {
  for (const int64_t target : hwy::SupportedAndGeneratedTargets()) {
    if (target > HWY_AVX2) continue;
    SCOPED_TRACE(hwy::TargetName(target));
    hwy::SetSupportedTargetsForTest(target);
    test();
    hwy::SetSupportedTargetsForTest(0);
  }
}

}  // namespace massface
