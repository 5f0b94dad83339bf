#include "kernels/code_products.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/code_products.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

// Compiled once for every target.
HWY_BEFORE_NAMESPACE();
namespace massface::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Words = hn::CappedTag<uint16_t, kWordsOfCodes>;
using Codes = hn::RebindToSigned<Words>;
using Sums = hn::Repartition<int32_t, Codes>;

// The sum over j of query[j] (code j + 8).
HWY_INLINE int32_t biased_product(const uint16_t* row, int64_t n, const int16_t* query) {
  const Words words;
  const Codes codes;
  const Sums sums;
  const auto lanes = static_cast<int64_t>(hn::Lanes(words));
  const auto mask = hn::Set(words, 15);
  auto even = hn::Zero(sums), odd = hn::Zero(sums), more_even = hn::Zero(sums), more_odd = hn::Zero(sums);
  for (int64_t begin = 0; begin < n; begin += kCodeAlignment, row += kWordsOfCodes, query += kCodeAlignment) {
    for (int64_t i = 0; i < kWordsOfCodes; i += lanes) {
      const auto four = hn::LoadU(words, row + i);
      const auto c0 = hn::BitCast(codes, hn::And(four, mask));
      const auto c1 = hn::BitCast(codes, hn::And(hn::ShiftRight<4>(four), mask));
      const auto c2 = hn::BitCast(codes, hn::And(hn::ShiftRight<8>(four), mask));
      const auto c3 = hn::BitCast(codes, hn::ShiftRight<12>(four));
      even = hn::ReorderWidenMulAccumulate(sums, c0, hn::LoadU(codes, query + i), even, odd);
      more_even =
          hn::ReorderWidenMulAccumulate(sums, c1, hn::LoadU(codes, query + kWordsOfCodes + i), more_even, more_odd);
      even = hn::ReorderWidenMulAccumulate(sums, c2, hn::LoadU(codes, query + 2 * kWordsOfCodes + i), even, odd);
      more_even =
          hn::ReorderWidenMulAccumulate(sums, c3, hn::LoadU(codes, query + 3 * kWordsOfCodes + i), more_even, more_odd);
    }
  }
  const auto all = hn::Add(hn::Add(even, odd), hn::Add(more_even, more_odd));
  return hn::GetLane(hn::SumOfLanes(sums, all));
}

void code_products(const uint8_t* packed, int64_t rows, int64_t n, const int16_t* query, int32_t* products) {
  for (int64_t i = 0; i < rows; ++i) {
    products[i] = biased_product(reinterpret_cast<const uint16_t*>(packed + i * n / 2), n, query);
  }
}

}  // namespace massface::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace massface {

HWY_EXPORT(code_products);

void code_products(const uint8_t* packed, int64_t rows, int64_t n, const int16_t* query, int32_t* products) {
  HWY_DYNAMIC_DISPATCH(code_products)(packed, rows, n, query, products);
}

void pack_codes(const int8_t* codes, int64_t n, uint8_t* packed) {
  for (int64_t begin = 0; begin < n; begin += kCodeAlignment, codes += kCodeAlignment) {
    for (int64_t i = 0; i < kWordsOfCodes; ++i) {
      uint32_t word = 0;
      for (int64_t t = 0; t < 4; ++t) {
        word |= static_cast<uint32_t>(codes[t * kWordsOfCodes + i] + kCodeBias) << (4 * t);
      }
      *packed++ = static_cast<uint8_t>(word & 0xff);
      *packed++ = static_cast<uint8_t>(word >> 8);
    }
  }
}

void code_products_reference(const uint8_t* packed, int64_t rows, int64_t n, const int16_t* query, int32_t* products) {
  for (int64_t i = 0; i < rows; ++i, packed += n / 2) {
    products[i] = 0;
    for (int64_t j = 0; j < n; ++j) {
      const int64_t block = j / kCodeAlignment, t = j % kCodeAlignment / kWordsOfCodes, word = j % kWordsOfCodes;
      const uint8_t byte = packed[block * kCodeAlignment / 2 + word * 2 + t / 2];
      products[i] += query[j] * (t % 2 == 0 ? byte & 15 : byte >> 4);
    }
  }
}

}  // namespace massface
#endif
