// Vectors of neighbouring channels of a row, for every set of vector instructions. Include this outside of any
// namespace in kernels that are compiled once per set (Highway's foreach_target).
#if defined(MASSFACE_CHANNEL_GROUPS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef MASSFACE_CHANNEL_GROUPS_INL_H
#undef MASSFACE_CHANNEL_GROUPS_INL_H
#else
#define MASSFACE_CHANNEL_GROUPS_INL_H
#endif

#include <hwy/highway.h>

#include "kernels/values.h"

HWY_BEFORE_NAMESPACE();
namespace massface::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Wide = hn::CappedTag<float, 16>;
using One = hn::CappedTag<float, 1>;

template <class D>
HWY_INLINE hn::Vec<D> load_values(D d, const float* from) {
  return hn::LoadU(d, from);
}
template <class D>
HWY_INLINE hn::Vec<D> load_values(D d, const Bfloat16* from) {
  const hn::Rebind<uint16_t, D> halves;
  const hn::RebindToUnsigned<D> bits;
  const auto wide = hn::PromoteTo(bits, hn::LoadU(halves, reinterpret_cast<const uint16_t*>(from)));
  return hn::BitCast(d, hn::ShiftLeft<16>(wide));
}

// Returns bits whose upper halves are the values rounded as to_bfloat16 rounds them. The lower halves have no meaning.
template <class D>
HWY_INLINE hn::Vec<hn::RebindToUnsigned<D>> rounded_bits(D d, hn::Vec<D> value) {
  const hn::RebindToUnsigned<D> unsigned_tag;
  const auto bits = hn::BitCast(unsigned_tag, value);
  const auto odd = hn::And(hn::ShiftRight<16>(bits), hn::Set(unsigned_tag, 1));
  const auto rounded = hn::Add(bits, hn::Add(odd, hn::Set(unsigned_tag, 0x7fff)));
  const auto is_nan = hn::RebindMask(unsigned_tag, hn::IsNaN(value));
  return hn::IfThenElse(is_nan, hn::Set(unsigned_tag, 0x7fff0000U), rounded);
}

template <class D>
HWY_INLINE void store_values(D d, hn::Vec<D> value, float* to) {
  hn::StoreU(value, d, to);
}
template <class D>
HWY_INLINE void store_values(D d, hn::Vec<D> value, Bfloat16* to) {
  const hn::Rebind<uint16_t, D> halves;
  const hn::RebindToSigned<D> signed_tag;  // DemoteTo takes signed numbers and leaves 0 to 2^16 - 1 unchanged
  const auto upper = hn::BitCast(signed_tag, hn::ShiftRight<16>(rounded_bits(d, value)));
  hn::StoreU(hn::DemoteTo(halves, upper), halves, reinterpret_cast<uint16_t*>(to));
}

// The vectors of neighbouring channels that a routine processes at a time: a whole cache line or more of each row, and
// sums that do not wait for each other.
template <class Tag, int kCount>
struct Group {
  hn::Vec<Tag> part[kCount];

  template <class T>
  HWY_INLINE void load(const T* from) {
    for (int v = 0; v < kCount; ++v) part[v] = load_values(Tag(), from + v * hn::MaxLanes(Tag()));
  }
  HWY_INLINE void store(float* to) const {
    for (int v = 0; v < kCount; ++v) hn::StoreU(part[v], Tag(), to + v * hn::MaxLanes(Tag()));
  }
};

template <class Tag, int kCount>
constexpr int count_of(const Group<Tag, kCount>&) {
  return kCount;
}
template <class Tag, int kCount>
constexpr Tag tag_of(const Group<Tag, kCount>&) {
  return {};
}

// Calls body(Group, first channel) for groups of kCount vectors as long as they fit, then for single vectors, then for
// single channels. The body treats a channel in the same way in all of them.
template <int kCount, class Body>
HWY_INLINE void over_channels(int64_t channels, const Body& body) {
  constexpr int64_t kLanes = hn::MaxLanes(Wide());
  int64_t c = 0;
  for (; c + kCount * kLanes <= channels; c += kCount * kLanes) body(Group<Wide, kCount>(), c);
  for (; c + kLanes <= channels; c += kLanes) body(Group<Wide, 1>(), c);
  for (; c < channels; ++c) body(Group<One, 1>(), c);
}

// Scale, shift and slope of a group of channels.
template <class G, bool kPRelu>
struct Activation {
  G scale, shift, slope;

  template <class From>
  HWY_INLINE Activation(const From& from, int64_t c) {
    scale.load(from.scale + c);
    shift.load(from.shift + c);
    if constexpr (kPRelu) slope.load(from.slope + c);
  }
};

}  // namespace massface::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
