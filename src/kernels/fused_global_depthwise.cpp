#include <algorithm>
#include <vector>

#include "kernels/fused_depthwise.h"
#include "kernels/packing.h"

namespace massface {
namespace {

Strips images(int64_t batch, int64_t pixels) { return {.rows = batch * pixels, .strip_rows = pixels}; }

}  // namespace

ChannelMoments global_depthwise_forward(int64_t batch, int64_t pixels, const LayerOutput& before, const float* weights,
                                        Values x) {
  const int64_t channels = before.channels;
  auto scratch = scratch_of_parts((pixels + 1) * channels);
  over_strips(images(batch, pixels), [&](int64_t image, int64_t part) {
    float* a = scratch[part].data();
    activate_rows(before.x + image * pixels * channels, before.activation, nullptr, a, pixels, channels);
    float* out = a + pixels * channels;
    std::fill_n(out, channels, 0.0f);
    for (int64_t i = 0; i < pixels * channels; i += channels) {
      for (int64_t c = 0; c < channels; ++c) out[c] += a[i + c] * weights[i + c];
    }
    copy_values(out, x + image * channels, channels);
  });
  const Strips strips = strips_of(batch);
  MomentStrips moments(strips, channels);
  for (int64_t strip = 0; strip < strips.count(); ++strip) {
    moments.add(strip, x + strips.begin(strip) * channels, strips.end(strip) - strips.begin(strip));
  }
  return moments.merge();
}

void global_depthwise_backward(int64_t batch, int64_t pixels, const LayerOutput& output, const LayerGradient& gradient,
                               const LayerOutput& before, const float* weights, const InputGradient& input,
                               float* weight_gradient) {
  const int64_t channels = before.channels;
  const int64_t size = pixels * channels;
  auto scratch = scratch_of_parts(size + channels);
  auto sums = scratch_of_parts(size);
  for (AlignedFloats& sum : sums) std::fill_n(sum.data(), size, 0.0f);
  over_strips(images(batch, pixels), [&](int64_t image, int64_t part) {
    float *a = scratch[part].data(), *dx = a + size, *sum = sums[part].data();
    const int64_t at = image * channels;
    gradient_rows(gradient.g + at, output.x + at, output.activation, gradient.through_norm, dx, 1, channels);
    activate_rows(before.x + image * size, before.activation, nullptr, a, pixels, channels);
    for (int64_t i = 0; i < size; i += channels) {
      for (int64_t c = 0; c < channels; ++c) {
        sum[i + c] += dx[c] * a[i + c];
        a[i + c] = dx[c] * weights[i + c];
      }
    }
    const Values g = input.g + image * size;
    copy_values(a, g, size);
    if (input.sums != nullptr) {
      input.sums->add(image, g, before.x + image * size, before.activation, before.mean, pixels);
    }
  });
  std::fill_n(weight_gradient, size, 0.0f);
  for (const AlignedFloats& sum : sums) {
    for (int64_t i = 0; i < size; ++i) weight_gradient[i] += sum.data()[i];
  }
}

}  // namespace massface
