#pragma once

#include <gtest/gtest.h>
#include <hwy/highway.h>

#include "kernels/bfloat16_product.h"
#include "kernels/dispatch.h"

namespace massface {

// Runs `test` with the kernels of every set of vector instructions that this processor has, from AVX2, which every
// supported processor has, upwards. bfloat16 products count as one more set, on top of the best.
template <class Test>
void on_all_targets(const Test& test) {
  if (has_bfloat16_products()) {
    SCOPED_TRACE("with bfloat16 products");
    test();
  }
  forbid_bfloat16_products(true);
  for (const int64_t target : hwy::SupportedAndGeneratedTargets()) {
    if (target > HWY_AVX2) continue;
    SCOPED_TRACE(hwy::TargetName(target));
    hwy::SetSupportedTargetsForTest(target);
    test();
    hwy::SetSupportedTargetsForTest(0);
  }
  forbid_bfloat16_products(false);
}

}  // namespace massface
