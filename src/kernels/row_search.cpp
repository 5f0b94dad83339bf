#include "kernels/row_search.h"

#include <limits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/row_search.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

// Compiled once for every target.
HWY_BEFORE_NAMESPACE();
namespace massface::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Floats = hn::CappedTag<float, kRowAlignment>;
using Ints = hn::Rebind<int32_t, Floats>;
using Doubles = hn::Repartition<double, Floats>;
using Half = hn::Half<Floats>;
using Vector = hn::Vec<Floats>;

constexpr float kInfinity = std::numeric_limits<float>::infinity();

HWY_INLINE hn::Mask<Floats> others(const RowView& row, hn::Vec<Ints> own, int64_t j) {
  return hn::RebindMask(Floats(), hn::Ne(hn::LoadU(Ints(), row.identities + j), own));
}

FoundPosition nearest_other(const RowView& row, float above, float below) {
  const Floats d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  const auto own = hn::Set(Ints(), row.own);
  const auto low = hn::Set(d, above), high = hn::Set(d, below), infinity = hn::Set(d, kInfinity);
  Vector least = infinity;
  for (int64_t j = 0; j < row.n; j += lanes) {
    const Vector value = hn::LoadU(d, row.distances + j);
    const auto between = hn::And(hn::Gt(value, low), hn::Lt(value, high));
    least = hn::Min(least, hn::IfThenElse(hn::And(between, others(row, own, j)), value, infinity));
  }
  const float distance = hn::GetLane(hn::MinOfLanes(d, least));
  if (distance == kInfinity) return {};
  const auto wanted = hn::Set(d, distance);
  for (int64_t j = 0; j < row.n; j += lanes) {
    const auto found = hn::And(hn::Eq(hn::LoadU(d, row.distances + j), wanted), others(row, own, j));
    const auto first = hn::FindFirstTrue(d, found);
    if (first >= 0) return {static_cast<int32_t>(j + first), distance};
  }
  return {};
}

int64_t count_others_below(const RowView& row, float below) {
  const Floats d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  const auto own = hn::Set(Ints(), row.own);
  const auto limit = hn::Set(d, below);
  int64_t count = 0;
  for (int64_t j = 0; j < row.n; j += lanes) {
    const auto is_below = hn::Lt(hn::LoadU(d, row.distances + j), limit);
    count += static_cast<int64_t>(hn::CountTrue(d, hn::And(is_below, others(row, own, j))));
  }
  return count;
}

int32_t other_below(const RowView& row, float below, int64_t k) {
  const Floats d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  const auto own = hn::Set(Ints(), row.own);
  const auto limit = hn::Set(d, below);
  for (int64_t j = 0; j < row.n; j += lanes) {
    const auto is_below = hn::Lt(hn::LoadU(d, row.distances + j), limit);
    const auto count = static_cast<int64_t>(hn::CountTrue(d, hn::And(is_below, others(row, own, j))));
    if (k >= count) {
      k -= count;
      continue;
    }
    for (int64_t i = j;; ++i) {
      if (row.distances[i] < below && row.identities[i] != row.own && k-- == 0) return static_cast<int32_t>(i);
    }
  }
  return -1;
}

BelowSum subtract_from_others_below(const RowView& row, float below, float* weights) {
  const Floats d;
  const Half half;
  const Doubles wide;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  const auto own = hn::Set(Ints(), row.own);
  const auto limit = hn::Set(d, below), one = hn::Set(d, 1.0f);
  auto low = hn::Zero(wide), high = hn::Zero(wide);
  int64_t count = 0;
  for (int64_t j = 0; j < row.n; j += lanes) {
    const Vector value = hn::LoadU(d, row.distances + j);
    const auto taken = hn::And(hn::Lt(value, limit), others(row, own, j));
    count += static_cast<int64_t>(hn::CountTrue(d, taken));
    hn::StoreU(hn::Sub(hn::LoadU(d, weights + j), hn::IfThenElseZero(taken, one)), d, weights + j);
    const Vector kept = hn::IfThenElseZero(taken, value);
    low = hn::Add(low, hn::PromoteTo(wide, hn::LowerHalf(half, kept)));
    high = hn::Add(high, hn::PromoteTo(wide, hn::UpperHalf(half, kept)));
  }
  return {count, hn::GetLane(hn::SumOfLanes(wide, hn::Add(low, high)))};
}

double sum_of(const float* values, int64_t n) {
  const Floats d;
  const Half half;
  const Doubles wide;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  auto low = hn::Zero(wide), high = hn::Zero(wide);
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    const Vector value = hn::LoadU(d, values + i);
    low = hn::Add(low, hn::PromoteTo(wide, hn::LowerHalf(half, value)));
    high = hn::Add(high, hn::PromoteTo(wide, hn::UpperHalf(half, value)));
  }
  double sum = hn::GetLane(hn::SumOfLanes(wide, hn::Add(low, high)));
  for (; i < n; ++i) sum += values[i];
  return sum;
}

}  // namespace massface::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace massface {

HWY_EXPORT(nearest_other);
HWY_EXPORT(count_others_below);
HWY_EXPORT(other_below);
HWY_EXPORT(subtract_from_others_below);
HWY_EXPORT(sum_of);

FoundPosition nearest_other(const RowView& row, float above, float below) {
  return HWY_DYNAMIC_DISPATCH(nearest_other)(row, above, below);
}

int64_t count_others_below(const RowView& row, float below) {
  return HWY_DYNAMIC_DISPATCH(count_others_below)(row, below);
}

int32_t other_below(const RowView& row, float below, int64_t k) {
  return HWY_DYNAMIC_DISPATCH(other_below)(row, below, k);
}

BelowSum subtract_from_others_below(const RowView& row, float below, float* weights) {
  return HWY_DYNAMIC_DISPATCH(subtract_from_others_below)(row, below, weights);
}

double sum_of(const float* values, int64_t n) { return HWY_DYNAMIC_DISPATCH(sum_of)(values, n); }

}  // namespace massface
#endif
