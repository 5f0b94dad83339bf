#include "kernels/strips.h"

namespace massface {
namespace {

constexpr int64_t kMaxStrips = 64;
constexpr int64_t kTileRows = 12;  // also a multiple of the six rows of AVX2's tiles

// totals[i] = the sum over strips of sums[strip * stride + first + i].
std::vector<float> sum_strips(const std::vector<float>& sums, int64_t count, int64_t stride, int64_t first,
                              int64_t channels) {
  std::vector<double> totals(channels, 0.0);
  for (int64_t strip = 0; strip < count; ++strip) {
    const float* values = sums.data() + strip * stride + first;
    for (int64_t c = 0; c < channels; ++c) totals[c] += values[c];
  }
  return {totals.begin(), totals.end()};
}

}  // namespace

Strips strips_of(int64_t rows) {
  const int64_t even = (rows + kMaxStrips - 1) / kMaxStrips;
  return {.rows = rows, .strip_rows = std::max<int64_t>(1, (even + kTileRows - 1) / kTileRows) * kTileRows};
}

std::vector<AlignedFloats> scratch_of_parts(int64_t floats) {
  std::vector<AlignedFloats> scratch;
  for (int64_t part = 0; part < num_parts(); ++part) scratch.emplace_back(floats);
  return scratch;
}

MomentStrips::MomentStrips(const Strips& strips, int64_t channels)
    : strips_(strips), channels_(channels), sums_(strips.count() * 3 * channels, 0.0f), begun_(strips.count(), 0) {}

void MomentStrips::add(int64_t strip, ConstValues x, int64_t rows) {
  float* origin = sums(strip);
  if (!begun_[strip]) copy_values(x, origin, channels_);
  begun_[strip] = 1;
  add_moments(x, origin, origin + channels_, origin + 2 * channels_, rows, channels_);
}

// Chan, Golub and LeVeque, "Updating formulae and a pairwise algorithm for computing sample variances", 1979.
ChannelMoments MomentStrips::merge() const {
  std::vector<double> mean(channels_, 0.0), squares(channels_, 0.0);
  double seen = 0;
  for (int64_t strip = 0; strip < strips_.count(); ++strip) {
    const auto rows = static_cast<double>(strips_.end(strip) - strips_.begin(strip));
    const float* origin = sums_.data() + strip * 3 * channels_;
    const double whole = seen + rows;
    for (int64_t c = 0; c < channels_; ++c) {
      const double sum = origin[channels_ + c];
      const double difference = origin[c] + sum / rows - mean[c];
      squares[c] += origin[2 * channels_ + c] - sum * sum / rows + difference * difference * seen * rows / whole;
      mean[c] += difference * rows / whole;
    }
    seen = whole;
  }
  ChannelMoments moments{std::vector<float>(mean.begin(), mean.end()), std::vector<float>(channels_)};
  for (int64_t c = 0; c < channels_; ++c) {
    moments.variance[c] = static_cast<float>(std::max(0.0, squares[c] / seen));
  }
  return moments;
}

GradientStrips::GradientStrips(const Strips& strips, int64_t channels)
    : count_(strips.count()), channels_(channels), sums_(count_ * 3 * channels, 0.0f) {}

void GradientStrips::add(int64_t strip, ConstValues g, ConstValues x, const ChannelActivation& activation,
                         const float* mean, int64_t rows) {
  float* sums = sums_.data() + strip * 3 * channels_;
  add_gradient_sums(g, x, activation, mean, {sums, sums + channels_, sums + 2 * channels_}, rows, channels_);
}

GradientSums GradientStrips::merge(bool has_slope) const {
  const auto total = [&](int64_t which) {
    return sum_strips(sums_, count_, 3 * channels_, which * channels_, channels_);
  };
  return {total(0), total(1), has_slope ? total(2) : std::vector<float>()};
}

}  // namespace massface
