#include "model/finite_embeddings.h"

#include <ATen/ATen.h>

#include "core/error.h"

namespace massface {

void require_finite_embeddings(const Tensor& embeddings) {
  require(at::isfinite(embeddings).all().item<bool>(),
          "an embedding is not finite, so the weights are damaged or their training has diverged");
}

}  // namespace massface
