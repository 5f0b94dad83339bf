#include "kernels/unit_rows.h"

#include <ATen/ATen.h>

namespace massface {

Tensor unit_rows(const Tensor& rows) {
  return rows / at::linalg_vector_norm(rows, 2, at::IntArrayRef{1}, /*keepdim=*/true).clamp_min(1e-12);
}

}  // namespace massface
