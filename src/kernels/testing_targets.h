#pragma once

#include <gtest/gtest.h>
#include <hwy/highway.h>

namespace massface {

// Runs `test` with the kernels of every set of vector instructions that this processor has and a supported one must:
// AVX2 and what is better.
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
