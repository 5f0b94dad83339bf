#include "core/error.h"
#include "pipeline/augment_images_cuda.h"

namespace massface::cuda_hooks {

Tensor augment_images(const Tensor&, const std::vector<ImageIndex>&, const std::vector<Augmentation>&) {
  check(false, "a CPU build has no tensors on a GPU");
  return {};
}

}  // namespace massface::cuda_hooks
