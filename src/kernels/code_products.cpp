#include "kernels/code_products.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/code_products.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

// Compiled once for every target.
HWY_BEFORE_NAMESPACE();
namespace massface::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Two 8-bit numbers multiplied fit into 16 bits, but not the sum of two such products: the codes are widened first.
// Pairs of products are then added in 32 bits.
using Wide = hn::CappedTag<int16_t, 32>;
using Codes = hn::Rebind<int8_t, Wide>;
using Sums = hn::Repartition<int32_t, Wide>;

HWY_INLINE int32_t product(const int8_t* codes, int64_t n, const int16_t* query) {
  const Wide wide;
  const Sums sums;
  const auto lanes = static_cast<int64_t>(hn::Lanes(wide));
  auto even = hn::Zero(sums), odd = hn::Zero(sums), more_even = hn::Zero(sums), more_odd = hn::Zero(sums);
  for (int64_t j = 0; j < n; j += 2 * lanes) {
    const auto first = hn::PromoteTo(wide, hn::LoadU(Codes(), codes + j));
    const auto second = hn::PromoteTo(wide, hn::LoadU(Codes(), codes + j + lanes));
    even = hn::ReorderWidenMulAccumulate(sums, first, hn::LoadU(wide, query + j), even, odd);
    more_even = hn::ReorderWidenMulAccumulate(sums, second, hn::LoadU(wide, query + j + lanes), more_even, more_odd);
  }
  const auto all = hn::Add(hn::Add(even, odd), hn::Add(more_even, more_odd));
  return hn::GetLane(hn::SumOfLanes(sums, all));
}

void code_products(const int8_t* codes, int64_t rows, int64_t n, const int16_t* query, int32_t* products) {
  for (int64_t i = 0; i < rows; ++i) products[i] = product(codes + i * n, n, query);
}

}  // namespace massface::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace massface {

HWY_EXPORT(code_products);

void code_products(const int8_t* codes, int64_t rows, int64_t n, const int16_t* query, int32_t* products) {
  HWY_DYNAMIC_DISPATCH(code_products)(codes, rows, n, query, products);
}

void code_products_reference(const int8_t* codes, int64_t rows, int64_t n, const int16_t* query, int32_t* products) {
  for (int64_t i = 0; i < rows; ++i) {
    products[i] = 0;
    for (int64_t j = 0; j < n; ++j) products[i] += int32_t{query[j]} * codes[i * n + j];
  }
}

}  // namespace massface
#endif
