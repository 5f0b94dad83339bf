#include "kernels/bfloat16_rows.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/bfloat16_rows.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/channel_groups-inl.h"

// Compiled once for every target.
HWY_BEFORE_NAMESPACE();
namespace massface::HWY_NAMESPACE {

// Calls body(number of pairs, first row) for two pairs of rows at a time, then for one pair. If the number of rows is
// odd, calls one(row) for the last row.
template <class Body, class Last>
HWY_INLINE void over_pairs(int64_t rows, const Body& body, const Last& one) {
  int64_t row = 0;
  for (; row + 4 <= rows; row += 4) body(std::integral_constant<int64_t, 2>(), row);
  for (; row + 2 <= rows; row += 2) body(std::integral_constant<int64_t, 1>(), row);
  if (row < rows) one(row);
}

template <class D>
HWY_INLINE void store_pair(D d, hn::Vec<D> lower, hn::Vec<D> upper, Bfloat16Pair* to) {
  const hn::RebindToUnsigned<D> bits;
  const auto high = hn::And(rounded_bits(d, upper), hn::Set(bits, 0xffff0000U));
  hn::StoreU(hn::Or(hn::ShiftRight<16>(rounded_bits(d, lower)), high), bits, to);
}

// Writes rows of pairs. make(channel group, first channel) returns a function that computes the numbers at an offset;
// also(d, numbers, offset) is called with every vector that it returns.
template <class Make, class Also>
HWY_INLINE void make_pairs(int64_t rows, int64_t channels, Bfloat16Pair* pairs, const Make& make, const Also& also) {
  const auto both = [&](auto count, int64_t row) {
    over_channels<1>(channels, [&](auto group, int64_t c) {
      const auto d = tag_of(group);
      const auto value = make(group, c);
      for (int64_t i = 0; i < count; ++i) {
        const int64_t at = (row + 2 * i) * channels + c;
        const auto lower = value(at), upper = value(at + channels);
        also(d, lower, at);
        also(d, upper, at + channels);
        store_pair(d, lower, upper, pairs + (row / 2 + i) * channels + c);
      }
    });
  };
  over_pairs(rows, both, [&](int64_t row) {
    over_channels<1>(channels, [&](auto group, int64_t c) {
      const auto d = tag_of(group);
      const auto lower = make(group, c)(row * channels + c);
      also(d, lower, row * channels + c);
      store_pair(d, lower, hn::Zero(d), pairs + row / 2 * channels + c);
    });
  });
}

constexpr auto kNothing = [](auto, auto, int64_t) {};

template <bool kPRelu>
HWY_INLINE void activated(const Bfloat16* x, const ChannelActivation& activation, Bfloat16Pair* pairs, int64_t rows,
                          int64_t channels) {
  make_pairs(
      rows, channels, pairs,
      [&](auto group, int64_t c) {
        const Activation<decltype(group), kPRelu> of(activation, c);
        return [=](int64_t at) {
          const auto d = tag_of(group);
          auto z = hn::MulAdd(of.scale.part[0], load_values(d, x + at), of.shift.part[0]);
          if constexpr (kPRelu) z = hn::IfThenElse(hn::Gt(z, hn::Zero(d)), z, hn::Mul(of.slope.part[0], z));
          return z;
        };
      },
      kNothing);
}

void activate_pairs(const Bfloat16* x, const ChannelActivation& activation, Bfloat16Pair* pairs, int64_t rows,
                    int64_t channels) {
  if (activation.slope != nullptr) return activated<true>(x, activation, pairs, rows, channels);
  return activated<false>(x, activation, pairs, rows, channels);
}

template <bool kPRelu>
HWY_INLINE void gradients(const Bfloat16* g, const Bfloat16* x, const ChannelActivation& activation,
                          const ChannelGradient& gradient, Bfloat16* dx, Bfloat16Pair* pairs, int64_t rows,
                          int64_t channels) {
  make_pairs(
      rows, channels, pairs,
      [&](auto group, int64_t c) {
        const auto d = tag_of(group);
        const Activation<decltype(group), kPRelu> of(activation, c);
        const auto through_x = hn::LoadU(d, gradient.through_x + c), constant = hn::LoadU(d, gradient.constant + c);
        return [=](int64_t at) {
          const auto value = load_values(d, x + at);
          auto dz = load_values(d, g + at);
          if constexpr (kPRelu) {
            const auto z = hn::MulAdd(of.scale.part[0], value, of.shift.part[0]);
            dz = hn::IfThenElse(hn::Gt(z, hn::Zero(d)), dz, hn::Mul(of.slope.part[0], dz));
          }
          return hn::MulAdd(of.scale.part[0], dz, hn::MulAdd(through_x, value, constant));
        };
      },
      [&](auto d, auto value, int64_t at) { store_values(d, value, dx + at); });
}

void gradient_pairs(const Bfloat16* g, const Bfloat16* x, const ChannelActivation& activation,
                    const ChannelGradient& gradient, Bfloat16* dx, Bfloat16Pair* pairs, int64_t rows,
                    int64_t channels) {
  if (activation.slope != nullptr) return gradients<true>(g, x, activation, gradient, dx, pairs, rows, channels);
  return gradients<false>(g, x, activation, gradient, dx, pairs, rows, channels);
}

void pair_rows(const Bfloat16* values, Bfloat16Pair* pairs, int64_t rows, int64_t channels) {
  make_pairs(
      rows, channels, pairs,
      [&](auto group, int64_t) { return [=](int64_t at) { return load_values(tag_of(group), values + at); }; },
      kNothing);
}

}  // namespace massface::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace massface {

HWY_EXPORT(activate_pairs);
HWY_EXPORT(gradient_pairs);
HWY_EXPORT(pair_rows);

void activate_pairs(const Bfloat16* x, const ChannelActivation& activation, Bfloat16Pair* pairs, int64_t rows,
                    int64_t channels) {
  HWY_DYNAMIC_DISPATCH(activate_pairs)(x, activation, pairs, rows, channels);
}

void gradient_pairs(const Bfloat16* g, const Bfloat16* x, const ChannelActivation& activation,
                    const ChannelGradient& gradient, Bfloat16* dx, Bfloat16Pair* pairs, int64_t rows,
                    int64_t channels) {
  HWY_DYNAMIC_DISPATCH(gradient_pairs)(g, x, activation, gradient, dx, pairs, rows, channels);
}

void pair_rows(const Bfloat16* values, Bfloat16Pair* pairs, int64_t rows, int64_t channels) {
  HWY_DYNAMIC_DISPATCH(pair_rows)(values, pairs, rows, channels);
}

}  // namespace massface
#endif
