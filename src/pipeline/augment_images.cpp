#include "pipeline/augment_images.h"

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>

#include <algorithm>

#include "core/error.h"
#include "pipeline/augment.h"
#include "pipeline/augment_images_cuda.h"

namespace massface {

Tensor augment_images(const Tensor& images, const std::vector<ImageIndex>& chosen,
                      const std::vector<Augmentation>& augmentations) {
  check(images.dim() == 4 && images.size(3) == 3 && images.scalar_type() == at::kByte && images.is_contiguous(),
        "stored images are uint8 [N, H, W, 3], contiguous");
  check(augmentations.size() == chosen.size(), "there is one augmentation per image");
  check(std::ranges::all_of(chosen, [&](ImageIndex i) { return i >= 0 && i < images.size(0); }),
        "chosen images are in [0, N)");
  if (images.is_cuda()) return cuda_hooks::augment_images(images, chosen, augmentations);

  const auto size = static_cast<int64_t>(chosen.size());
  const int64_t height = images.size(1), width = images.size(2), bytes = height * width * 3;
  Tensor result = at::empty({size, height, width, 3}, images.options());
  const auto* from = images.const_data_ptr<uint8_t>();
  auto* to = result.mutable_data_ptr<uint8_t>();
  at::parallel_for(0, size, 1, [&](int64_t begin, int64_t end) {
    std::vector<uint8_t> scratch;
    for (int64_t i = begin; i < end; ++i) {
      std::copy_n(from + chosen[static_cast<size_t>(i)] * bytes, bytes, to + i * bytes);
      augment({.rgb = to + i * bytes, .height = height, .width = width}, augmentations[static_cast<size_t>(i)],
              scratch);
    }
  });
  return result;
}

}  // namespace massface
