#include "kernels/channel_rows.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "kernels/testing_targets.h"

namespace massface {
namespace {

// Numbers of channels and rows that do and do not fill vectors and groups of vectors.
struct Case {
  int64_t rows, channels;
  bool prelu;
};
constexpr Case kCases[] = {{1, 1, true},  {3, 5, true},    {4, 16, false}, {7, 40, true},
                           {9, 64, true}, {12, 130, true}, {5, 33, false}, {30, 8, true}};

struct Rows {
  explicit Rows(const Case& c) : rows(c.rows), channels(c.channels), prelu(c.prelu) {
    std::mt19937 generator(static_cast<unsigned>(rows * 1000 + channels));
    std::normal_distribution<float> normal;
    for (auto* values : {&x, &g, &added}) {
      values->resize(rows * channels);
      for (float& value : *values) value = normal(generator);
    }
    for (auto* values : {&scale, &shift, &slope, &mean, &through_x, &constant}) {
      values->resize(channels);
      for (float& value : *values) value = normal(generator);
    }
  }
  ChannelActivation activation() const { return {scale.data(), shift.data(), prelu ? slope.data() : nullptr}; }
  double z(int64_t i) const { return static_cast<double>(scale[i % channels]) * x[i] + shift[i % channels]; }
  double passed(int64_t i) const { return !prelu || z(i) > 0 ? g[i] : static_cast<double>(slope[i % channels]) * g[i]; }

  int64_t rows, channels;
  bool prelu;
  std::vector<float> x, g, added, scale, shift, slope, mean, through_x, constant;
};

TEST(ChannelRows, ActivationIsBatchNormThenPReluThenTheResidual) {
  on_all_targets([] {
    for (const Case& c : kCases) {
      const Rows r(c);
      std::vector<float> plain(r.x.size()), with(r.x.size());
      activate_rows(r.x.data(), r.activation(), nullptr, plain.data(), r.rows, r.channels);
      activate_rows(r.x.data(), r.activation(), r.added.data(), with.data(), r.rows, r.channels);
      for (int64_t i = 0; i < std::ssize(r.x); ++i) {
        const double z = r.z(i), a = !r.prelu || z > 0 ? z : r.slope[i % r.channels] * z;
        ASSERT_NEAR(plain[i], a, 1e-5) << c.rows << " x " << c.channels << " at " << i;
        ASSERT_NEAR(with[i], a + r.added[i], 1e-5) << c.rows << " x " << c.channels << " at " << i;
      }
    }
  });
}

TEST(ChannelRows, MomentsAreSumsOfDifferencesFromTheOrigin) {
  on_all_targets([] {
    for (const Case& c : kCases) {
      const Rows r(c);
      std::vector<float> sum(r.channels, 2.0f), squares(r.channels, 3.0f);
      add_moments(r.x.data(), r.mean.data(), sum.data(), squares.data(), r.rows, r.channels);
      for (int64_t channel = 0; channel < r.channels; ++channel) {
        double first = 2, second = 3;
        for (int64_t i = channel; i < std::ssize(r.x); i += r.channels) {
          const double difference = static_cast<double>(r.x[i]) - r.mean[channel];
          first += difference;
          second += difference * difference;
        }
        ASSERT_NEAR(sum[channel], first, 1e-4);
        ASSERT_NEAR(squares[channel], second, 1e-3);
      }
    }
  });
}

TEST(ChannelRows, GradientSumsAreThoseOfShiftScaleAndSlope) {
  on_all_targets([] {
    for (const Case& c : kCases) {
      const Rows r(c);
      std::vector<float> of_shift(r.channels, 1.0f), of_scale(r.channels, 1.0f), of_slope(r.channels, 1.0f);
      add_gradient_sums(r.g.data(), r.x.data(), r.activation(), r.mean.data(),
                        {of_shift.data(), of_scale.data(), of_slope.data()}, r.rows, r.channels);
      for (int64_t channel = 0; channel < r.channels; ++channel) {
        double shift = 1, scale = 1, slope = 1;
        for (int64_t i = channel; i < std::ssize(r.x); i += r.channels) {
          shift += r.passed(i);
          scale += r.passed(i) * (static_cast<double>(r.x[i]) - r.mean[channel]);
          if (r.prelu && r.z(i) <= 0) slope += r.g[i] * r.z(i);
        }
        ASSERT_NEAR(of_shift[channel], shift, 1e-4);
        ASSERT_NEAR(of_scale[channel], scale, 1e-3);
        ASSERT_NEAR(of_slope[channel], slope, 1e-3);
      }
    }
  });
}

TEST(ChannelRows, TheGradientPassesPReluAndBatchNorm) {
  on_all_targets([] {
    for (const Case& c : kCases) {
      const Rows r(c);
      std::vector<float> dx(r.x.size());
      gradient_rows(r.g.data(), r.x.data(), r.activation(), {r.through_x.data(), r.constant.data()}, dx.data(), r.rows,
                    r.channels);
      for (int64_t i = 0; i < std::ssize(r.x); ++i) {
        const int64_t channel = i % r.channels;
        const double expected =
            r.scale[channel] * r.passed(i) + static_cast<double>(r.through_x[channel]) * r.x[i] + r.constant[channel];
        ASSERT_NEAR(dx[i], expected, 1e-4) << c.rows << " x " << c.channels << " at " << i;
      }
    }
  });
}

}  // namespace
}  // namespace massface
