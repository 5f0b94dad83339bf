#include "kernels/normalize_images.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "core/error.h"
#include "kernels/cuda_hooks.h"

namespace massface {
namespace {

void check_images(const Tensor& images) {
  check(images.dim() == 4 && images.size(3) == 3 && images.scalar_type() == at::kByte && images.is_contiguous(),
        "images are uint8 [B, H, W, 3], contiguous");
}

// swap: channel c of the output is channel 2 - c of the input.
template <bool swap>
void normalize_pixels(const uint8_t* bytes, float* values, int64_t num_pixels, float mean, float scale) {
  for (int64_t i = 0; i < num_pixels; ++i) {
    for (int64_t channel = 0; channel < 3; ++channel) {
      values[3 * i + channel] = (static_cast<float>(bytes[3 * i + (swap ? 2 - channel : channel)]) - mean) / scale;
    }
  }
}

}  // namespace

Tensor normalize_images(const Tensor& images, double mean, double scale, bool bgr) {
  check_images(images);
  if (images.is_cuda()) return cuda_hooks::normalize_images(images, mean, scale, bgr);

  Tensor values = at::empty(images.sizes(), images.options().dtype(at::kFloat));
  const auto* bytes = images.const_data_ptr<uint8_t>();
  auto* out = values.mutable_data_ptr<float>();
  constexpr int64_t kPixelsPerTask = 1 << 14;
  at::parallel_for(0, images.numel() / 3, kPixelsPerTask, [&](int64_t begin, int64_t end) {
    const auto normalize = bgr ? normalize_pixels<true> : normalize_pixels<false>;
    normalize(bytes + 3 * begin, out + 3 * begin, end - begin, static_cast<float>(mean), static_cast<float>(scale));
  });
  return values.permute({0, 3, 1, 2});  // [B, 3, H, W] over NHWC memory is what channels-last means
}

Tensor normalize_images_reference(const Tensor& images, double mean, double scale, bool bgr) {
  check_images(images);
  const Tensor ordered = bgr ? images.flip(3) : images;
  return ordered.to(at::kFloat).sub(mean).div(scale).permute({0, 3, 1, 2}).contiguous(at::MemoryFormat::ChannelsLast);
}

}  // namespace massface
