#include "kernels/area_sums.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/area_sums.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

// Compiled once for every target.
HWY_BEFORE_NAMESPACE();
namespace massface::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

void add_bytes(const uint8_t* bytes, int64_t count, uint32_t* sums) {
  const hn::CappedTag<uint32_t, 16> d;
  const hn::Rebind<uint8_t, decltype(d)> narrow;
  constexpr int64_t kLanes = hn::MaxLanes(d);
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    hn::StoreU(hn::Add(hn::LoadU(d, sums + i), hn::PromoteTo(d, hn::LoadU(narrow, bytes + i))), d, sums + i);
  }
  for (; i < count; ++i) sums[i] += bytes[i];
}

// A vector holds a pixel and the first number of the next one, which is overwritten.
void add_pixels(const uint32_t* pixels, const PixelRange* ranges, int64_t count, uint32_t* totals) {
  const hn::FixedTag<uint32_t, 4> d;
  for (int64_t i = 0; i < count; ++i) {
    auto sum = hn::Zero(d);
    for (int64_t x = ranges[i].begin; x < ranges[i].end; ++x) sum = hn::Add(sum, hn::LoadU(d, pixels + 3 * x));
    hn::StoreU(sum, d, totals + 3 * i);
  }
}

}  // namespace massface::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace massface {

HWY_EXPORT(add_bytes);
HWY_EXPORT(add_pixels);

void add_bytes(const uint8_t* bytes, int64_t count, uint32_t* sums) {
  HWY_DYNAMIC_DISPATCH(add_bytes)(bytes, count, sums);
}

void add_pixels(const uint32_t* pixels, const PixelRange* ranges, int64_t count, uint32_t* totals) {
  HWY_DYNAMIC_DISPATCH(add_pixels)(pixels, ranges, count, totals);
}

}  // namespace massface
#endif
