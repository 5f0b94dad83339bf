// The shape of a product's tile in registers, for every set of vector instructions. Include this outside of any namespace
// in kernels that are compiled once per set (Highway's foreach_target).
#if defined(MASSFACE_TILE_LANES_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef MASSFACE_TILE_LANES_INL_H
#undef MASSFACE_TILE_LANES_INL_H
#else
#define MASSFACE_TILE_LANES_INL_H
#endif

#include <hwy/highway.h>

#include <cstdint>

HWY_BEFORE_NAMESPACE();
namespace massface::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// No vector is wider than 16 lanes, so that kMaxTileColumns (kernels/tile_kernel.h) holds.
using Floats = hn::CappedTag<float, 16>;
using Vector = hn::Vec<Floats>;
constexpr int64_t kLanes = hn::MaxLanes(Floats());

// Accumulators for twelve rows of two vectors leave room for the operands among AVX-512's 32 registers, those for six
// rows among AVX2's 16.
constexpr int64_t kTileRows = kLanes >= 16 ? 12 : 6;

}  // namespace massface::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
