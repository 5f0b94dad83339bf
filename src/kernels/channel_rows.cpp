#include "kernels/channel_rows.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/channel_rows.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

// Compiled once for every target.
HWY_BEFORE_NAMESPACE();
namespace massface::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Wide = hn::CappedTag<float, 16>;
using One = hn::CappedTag<float, 1>;

// Vectors of neighbouring channels that a routine takes at a time: a whole cache line or more of each row, and sums
// that do not wait for each other.
template <class Tag, int kCount>
struct Group {
  hn::Vec<Tag> part[kCount];

  HWY_INLINE void load(const float* from) {
    for (int v = 0; v < kCount; ++v) part[v] = hn::LoadU(Tag(), from + v * hn::MaxLanes(Tag()));
  }
  HWY_INLINE void store(float* to) const {
    for (int v = 0; v < kCount; ++v) hn::StoreU(part[v], Tag(), to + v * hn::MaxLanes(Tag()));
  }
};

// Calls body(Group, first channel) for groups of kCount vectors, of one vector, and of one channel, as they fit: what
// the body does with a channel is the same for all.
template <int kCount, class Body>
HWY_INLINE void over_channels(int64_t channels, const Body& body) {
  constexpr int64_t kLanes = hn::MaxLanes(Wide());
  int64_t c = 0;
  for (; c + kCount * kLanes <= channels; c += kCount * kLanes) body(Group<Wide, kCount>(), c);
  for (; c + kLanes <= channels; c += kLanes) body(Group<Wide, 1>(), c);
  for (; c < channels; ++c) body(Group<One, 1>(), c);
}

template <class Tag, int kCount>
constexpr int count_of(const Group<Tag, kCount>&) {
  return kCount;
}
template <class Tag, int kCount>
constexpr Tag tag_of(const Group<Tag, kCount>&) {
  return {};
}

// Scale, shift and slope of a group of channels.
template <class G, bool kPRelu>
struct Activation {
  G scale, shift, slope;

  HWY_INLINE Activation(const ChannelActivation& from, int64_t c) {
    scale.load(from.scale + c);
    shift.load(from.shift + c);
    if constexpr (kPRelu) slope.load(from.slope + c);
  }
};

// Calls body(count, first row) for four rows at a time, then for each that is left. Rows that come from memory are read
// along their channels, as memory is read fastest, and four of them share what belongs to a channel.
template <class Body>
HWY_INLINE void over_rows(int64_t rows, const Body& body) {
  int64_t row = 0;
  for (; row + 4 <= rows; row += 4) body(std::integral_constant<int64_t, 4>(), row);
  for (; row < rows; ++row) body(std::integral_constant<int64_t, 1>(), row);
}

template <bool kPRelu, bool kAdd>
HWY_INLINE void activate(const float* x, const ChannelActivation& activation, const float* added, float* a,
                         int64_t rows, int64_t channels) {
  over_rows(rows, [&](auto count, int64_t row) {
    over_channels<1>(channels, [&](auto group, int64_t c) {
      const auto d = tag_of(group);
      const Activation<decltype(group), kPRelu> of(activation, c);
#pragma GCC unroll 4
      for (int64_t i = 0; i < count; ++i) {
        const int64_t at = (row + i) * channels + c;
        auto z = hn::MulAdd(of.scale.part[0], hn::LoadU(d, x + at), of.shift.part[0]);
        if constexpr (kPRelu) z = hn::IfThenElse(hn::Gt(z, hn::Zero(d)), z, hn::Mul(of.slope.part[0], z));
        if constexpr (kAdd) z = hn::Add(z, hn::LoadU(d, added + at));
        hn::StoreU(z, d, a + at);
      }
    });
  });
}

void activate_rows(const float* x, const ChannelActivation& activation, const float* added, float* a, int64_t rows,
                   int64_t channels) {
  if (activation.slope != nullptr) {
    if (added != nullptr) return activate<true, true>(x, activation, added, a, rows, channels);
    return activate<true, false>(x, activation, added, a, rows, channels);
  }
  if (added != nullptr) return activate<false, true>(x, activation, added, a, rows, channels);
  return activate<false, false>(x, activation, added, a, rows, channels);
}

void add_moments(const float* x, const float* origin, float* sum, float* square_sum, int64_t rows, int64_t channels) {
  over_channels<4>(channels, [&](auto group, int64_t c) {
    decltype(group) from, first, second, value;
    from.load(origin + c);
    first.load(sum + c);
    second.load(square_sum + c);
    for (int64_t at = c; at < rows * channels; at += channels) {
      value.load(x + at);
      for (int v = 0; v < count_of(group); ++v) {
        const auto difference = hn::Sub(value.part[v], from.part[v]);
        first.part[v] = hn::Add(first.part[v], difference);
        second.part[v] = hn::MulAdd(difference, difference, second.part[v]);
      }
    }
    first.store(sum + c);
    second.store(square_sum + c);
  });
}

template <bool kPRelu>
HWY_INLINE void gradient_sums(const float* g, const float* x, const ChannelActivation& activation, const float* mean,
                              const ChannelSums& sums, int64_t rows, int64_t channels) {
  over_channels<2>(channels, [&](auto group, int64_t c) {
    using G = decltype(group);
    const auto d = tag_of(group);
    const Activation<G, kPRelu> of(activation, c);
    G center, of_shift, of_scale, of_slope, value, dz;
    center.load(mean + c);
    of_shift.load(sums.shift_gradient + c);
    of_scale.load(sums.scale_gradient + c);
    if constexpr (kPRelu) of_slope.load(sums.slope_gradient + c);
    for (int64_t at = c; at < rows * channels; at += channels) {
      value.load(x + at);
      dz.load(g + at);
      for (int v = 0; v < count_of(group); ++v) {
        auto passed = dz.part[v];
        if constexpr (kPRelu) {
          const auto z = hn::MulAdd(of.scale.part[v], value.part[v], of.shift.part[v]);
          const auto positive = hn::Gt(z, hn::Zero(d));
          of_slope.part[v] = hn::Add(of_slope.part[v], hn::IfThenZeroElse(positive, hn::Mul(passed, z)));
          passed = hn::IfThenElse(positive, passed, hn::Mul(of.slope.part[v], passed));
        }
        of_shift.part[v] = hn::Add(of_shift.part[v], passed);
        of_scale.part[v] = hn::MulAdd(passed, hn::Sub(value.part[v], center.part[v]), of_scale.part[v]);
      }
    }
    of_shift.store(sums.shift_gradient + c);
    of_scale.store(sums.scale_gradient + c);
    if constexpr (kPRelu) of_slope.store(sums.slope_gradient + c);
  });
}

void add_gradient_sums(const float* g, const float* x, const ChannelActivation& activation, const float* mean,
                       const ChannelSums& sums, int64_t rows, int64_t channels) {
  if (activation.slope != nullptr) return gradient_sums<true>(g, x, activation, mean, sums, rows, channels);
  return gradient_sums<false>(g, x, activation, mean, sums, rows, channels);
}

template <bool kPRelu>
HWY_INLINE void gradient(const float* g, const float* x, const ChannelActivation& activation,
                         const ChannelGradient& gradient, float* dx, int64_t rows, int64_t channels) {
  over_rows(rows, [&](auto count, int64_t row) {
    over_channels<1>(channels, [&](auto group, int64_t c) {
      const auto d = tag_of(group);
      const Activation<decltype(group), kPRelu> of(activation, c);
      const auto through_x = hn::LoadU(d, gradient.through_x + c);
      const auto constant = hn::LoadU(d, gradient.constant + c);
#pragma GCC unroll 4
      for (int64_t i = 0; i < count; ++i) {
        const int64_t at = (row + i) * channels + c;
        const auto value = hn::LoadU(d, x + at);
        auto dz = hn::LoadU(d, g + at);
        if constexpr (kPRelu) {
          const auto z = hn::MulAdd(of.scale.part[0], value, of.shift.part[0]);
          dz = hn::IfThenElse(hn::Gt(z, hn::Zero(d)), dz, hn::Mul(of.slope.part[0], dz));
        }
        hn::StoreU(hn::MulAdd(of.scale.part[0], dz, hn::MulAdd(through_x, value, constant)), d, dx + at);
      }
    });
  });
}

void gradient_rows(const float* g, const float* x, const ChannelActivation& activation,
                   const ChannelGradient& channel_gradient, float* dx, int64_t rows, int64_t channels) {
  if (activation.slope != nullptr) return gradient<true>(g, x, activation, channel_gradient, dx, rows, channels);
  return gradient<false>(g, x, activation, channel_gradient, dx, rows, channels);
}

}  // namespace massface::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace massface {

HWY_EXPORT(activate_rows);
HWY_EXPORT(add_moments);
HWY_EXPORT(add_gradient_sums);
HWY_EXPORT(gradient_rows);

void activate_rows(const float* x, const ChannelActivation& activation, const float* added, float* a, int64_t rows,
                   int64_t channels) {
  HWY_DYNAMIC_DISPATCH(activate_rows)(x, activation, added, a, rows, channels);
}

void add_moments(const float* x, const float* origin, float* sum, float* square_sum, int64_t rows, int64_t channels) {
  HWY_DYNAMIC_DISPATCH(add_moments)(x, origin, sum, square_sum, rows, channels);
}

void add_gradient_sums(const float* g, const float* x, const ChannelActivation& activation, const float* mean,
                       const ChannelSums& sums, int64_t rows, int64_t channels) {
  HWY_DYNAMIC_DISPATCH(add_gradient_sums)(g, x, activation, mean, sums, rows, channels);
}

void gradient_rows(const float* g, const float* x, const ChannelActivation& activation,
                   const ChannelGradient& channel_gradient, float* dx, int64_t rows, int64_t channels) {
  HWY_DYNAMIC_DISPATCH(gradient_rows)(g, x, activation, channel_gradient, dx, rows, channels);
}

}  // namespace massface
#endif
