#include "benchmark/noise_images.h"

#include <ATen/ATen.h>

#include "core/random.h"

namespace massface {

Tensor noise_images(int64_t count, int64_t height, int64_t width) {
  Tensor images = at::empty({count, height, width, 3}, at::kByte);
  Random random(1, RandomStream::kAugment);
  auto* bytes = images.mutable_data_ptr<uint8_t>();
  for (int64_t i = 0; i < images.numel(); ++i) bytes[i] = static_cast<uint8_t>(random.next_u32() >> 24);
  return images;
}

}  // namespace massface
