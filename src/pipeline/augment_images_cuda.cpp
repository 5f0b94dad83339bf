#include "pipeline/augment_images_cuda.h"

#include <ATen/ATen.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>

#include <algorithm>
#include <cstring>

#include "pipeline/augment_kernel.h"
#include "pipeline/degrade_pixel.h"

namespace massface::cuda_hooks {
namespace {

// Copies through pinned memory, so that the host does not wait for the copy.
template <typename T>
Tensor bytes_on(at::Device device, const std::vector<T>& values) {
  const auto size = static_cast<int64_t>(values.size() * sizeof(T));
  const Tensor pinned = at::empty({size}, at::TensorOptions(at::kByte).pinned_memory(true));
  std::memcpy(pinned.mutable_data_ptr(), values.data(), static_cast<size_t>(size));
  return pinned.to(device, /*non_blocking=*/true);
}

}  // namespace

Tensor augment_images(const Tensor& images, const std::vector<ImageIndex>& chosen,
                      const std::vector<Augmentation>& augmentations) {
  const c10::cuda::CUDAGuard guard(images.device());  // a kernel runs on the current device, not on its stream's
  const auto size = static_cast<int64_t>(chosen.size());
  const Tensor rows = bytes_on(images.device(), chosen), numbers = bytes_on(images.device(), augmentations);
  const Tensor result = at::empty({size, images.size(1), images.size(2), 3}, images.options());
  const bool degrades = std::ranges::any_of(augmentations, is_degraded);
  const Tensor scratch = degrades ? at::empty_like(result) : Tensor();
  augment_images_cuda({.images = images.const_data_ptr<uint8_t>(),
                       .chosen = static_cast<const int64_t*>(rows.const_data_ptr()),
                       .augmentations = static_cast<const Augmentation*>(numbers.const_data_ptr()),
                       .result = result.mutable_data_ptr<uint8_t>(),
                       .scratch = degrades ? scratch.mutable_data_ptr<uint8_t>() : nullptr,
                       .size = size,
                       .height = images.size(1),
                       .width = images.size(2)},
                      c10::cuda::getCurrentCUDAStream(images.device().index()).stream());
  return result;
}

}  // namespace massface::cuda_hooks
