#include "kernels/channel_rows.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/channel_rows.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/channel_groups-inl.h"

// Compiled once for every target.
HWY_BEFORE_NAMESPACE();
namespace massface::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Calls body(count, first row) for four rows at a time, then for each remaining row. Rows are read along their
// channels, which is the fastest order for rows that come from memory, and four rows share the parameters of a channel.
template <class Body>
HWY_INLINE void over_rows(int64_t rows, const Body& body) {
  int64_t row = 0;
  for (; row + 4 <= rows; row += 4) body(std::integral_constant<int64_t, 4>(), row);
  for (; row < rows; ++row) body(std::integral_constant<int64_t, 1>(), row);
}

// Calls body(pointer) with a pointer of the type of the values.
template <class V, class Body>
HWY_INLINE void with_type(V values, const Body& body) {
  if (values.storage() == Storage::kBfloat16) return body(values.halves());
  return body(values.floats());
}

template <bool kPRelu, bool kAdd, class X, class A>
HWY_INLINE void activate(const X* x, const ChannelActivation& activation, const X* added, A* a, int64_t rows,
                         int64_t channels) {
  over_rows(rows, [&](auto count, int64_t row) {
    over_channels<1>(channels, [&](auto group, int64_t c) {
      const auto d = tag_of(group);
      const Activation<decltype(group), kPRelu> of(activation, c);
      for (int64_t i = 0; i < count; ++i) {
        const int64_t at = (row + i) * channels + c;
        auto z = hn::MulAdd(of.scale.part[0], load_values(d, x + at), of.shift.part[0]);
        if constexpr (kPRelu) z = hn::IfThenElse(hn::Gt(z, hn::Zero(d)), z, hn::Mul(of.slope.part[0], z));
        if constexpr (kAdd) z = hn::Add(z, load_values(d, added + at));
        store_values(d, z, a + at);
      }
    });
  });
}

void activate_rows(ConstValues x, const ChannelActivation& activation, ConstValues added, Values a, int64_t rows,
                   int64_t channels) {
  with_type(x, [&]<class X>(const X* from) {
    with_type(a, [&]<class A>(A* to) {
      const auto run = [&]<bool kPRelu, bool kAdd>() {
        activate<kPRelu, kAdd>(from, activation, reinterpret_cast<const X*>(added.bytes()), to, rows, channels);
      };
      if (activation.slope != nullptr) {
        added ? run.template operator()<true, true>() : run.template operator()<true, false>();
      } else {
        added ? run.template operator()<false, true>() : run.template operator()<false, false>();
      }
    });
  });
}

template <class X>
HWY_INLINE void moments(const X* x, const float* origin, float* sum, float* square_sum, int64_t rows,
                        int64_t channels) {
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

void add_moments(ConstValues x, const float* origin, float* sum, float* square_sum, int64_t rows, int64_t channels) {
  with_type(x, [&](auto* from) { moments(from, origin, sum, square_sum, rows, channels); });
}

template <bool kPRelu, class T>
HWY_INLINE void gradient_sums(const T* g, const T* x, const ChannelActivation& activation, const float* mean,
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

void add_gradient_sums(ConstValues g, ConstValues x, const ChannelActivation& activation, const float* mean,
                       const ChannelSums& sums, int64_t rows, int64_t channels) {
  with_type(x, [&]<class T>(const T* values) {
    const auto* of_values = reinterpret_cast<const T*>(g.bytes());
    if (activation.slope != nullptr) {
      gradient_sums<true>(of_values, values, activation, mean, sums, rows, channels);
    } else {
      gradient_sums<false>(of_values, values, activation, mean, sums, rows, channels);
    }
  });
}

template <bool kPRelu, class T>
HWY_INLINE void gradient(const T* g, const T* x, const ChannelActivation& activation, const ChannelGradient& gradient,
                         float* dx, int64_t rows, int64_t channels) {
  over_rows(rows, [&](auto count, int64_t row) {
    over_channels<1>(channels, [&](auto group, int64_t c) {
      const auto d = tag_of(group);
      const Activation<decltype(group), kPRelu> of(activation, c);
      const auto through_x = hn::LoadU(d, gradient.through_x + c);
      const auto constant = hn::LoadU(d, gradient.constant + c);
      for (int64_t i = 0; i < count; ++i) {
        const int64_t at = (row + i) * channels + c;
        const auto value = load_values(d, x + at);
        auto dz = load_values(d, g + at);
        if constexpr (kPRelu) {
          const auto z = hn::MulAdd(of.scale.part[0], value, of.shift.part[0]);
          dz = hn::IfThenElse(hn::Gt(z, hn::Zero(d)), dz, hn::Mul(of.slope.part[0], dz));
        }
        hn::StoreU(hn::MulAdd(of.scale.part[0], dz, hn::MulAdd(through_x, value, constant)), d, dx + at);
      }
    });
  });
}

void gradient_rows(ConstValues g, ConstValues x, const ChannelActivation& activation,
                   const ChannelGradient& channel_gradient, float* dx, int64_t rows, int64_t channels) {
  with_type(x, [&]<class T>(const T* values) {
    const auto* of_values = reinterpret_cast<const T*>(g.bytes());
    if (activation.slope != nullptr) {
      gradient<true>(of_values, values, activation, channel_gradient, dx, rows, channels);
    } else {
      gradient<false>(of_values, values, activation, channel_gradient, dx, rows, channels);
    }
  });
}

void copy_values(ConstValues from, Values to, int64_t numbers) {
  with_type(from, [&](auto* source) {
    with_type(to, [&](auto* target) {
      over_channels<1>(numbers, [&](auto group, int64_t i) {
        const auto d = tag_of(group);
        store_values(d, load_values(d, source + i), target + i);
      });
    });
  });
}

void add_values(ConstValues from, Values to, int64_t numbers) {
  with_type(from, [&](auto* source) {
    with_type(to, [&](auto* target) {
      over_channels<1>(numbers, [&](auto group, int64_t i) {
        const auto d = tag_of(group);
        store_values(d, hn::Add(load_values(d, target + i), load_values(d, source + i)), target + i);
      });
    });
  });
}

}  // namespace massface::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace massface {

HWY_EXPORT(activate_rows);
HWY_EXPORT(add_moments);
HWY_EXPORT(add_gradient_sums);
HWY_EXPORT(gradient_rows);
HWY_EXPORT(copy_values);
HWY_EXPORT(add_values);

void activate_rows(ConstValues x, const ChannelActivation& activation, ConstValues added, Values a, int64_t rows,
                   int64_t channels) {
  HWY_DYNAMIC_DISPATCH(activate_rows)(x, activation, added, a, rows, channels);
}

void add_moments(ConstValues x, const float* origin, float* sum, float* square_sum, int64_t rows, int64_t channels) {
  HWY_DYNAMIC_DISPATCH(add_moments)(x, origin, sum, square_sum, rows, channels);
}

void add_gradient_sums(ConstValues g, ConstValues x, const ChannelActivation& activation, const float* mean,
                       const ChannelSums& sums, int64_t rows, int64_t channels) {
  HWY_DYNAMIC_DISPATCH(add_gradient_sums)(g, x, activation, mean, sums, rows, channels);
}

void gradient_rows(ConstValues g, ConstValues x, const ChannelActivation& activation,
                   const ChannelGradient& channel_gradient, float* dx, int64_t rows, int64_t channels) {
  HWY_DYNAMIC_DISPATCH(gradient_rows)(g, x, activation, channel_gradient, dx, rows, channels);
}

void copy_values(ConstValues from, Values to, int64_t numbers) { HWY_DYNAMIC_DISPATCH(copy_values)(from, to, numbers); }

void add_values(ConstValues from, Values to, int64_t numbers) { HWY_DYNAMIC_DISPATCH(add_values)(from, to, numbers); }

}  // namespace massface
#endif
