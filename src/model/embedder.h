#pragma once

#include <memory>
#include <string>

#include "core/tensor.h"
#include "model/model.h"

namespace massface {

// How the embedding of the mirrored image enters: not at all, added to, or put beside that of the image itself.
enum class Flip { kNone, kSum, kConcatenate };

Flip parse_flip(const std::string& text);  // none, sum, concatenate
std::vector<std::string> flip_names();

// A model ready for inference alone: a folded copy in eval mode, on the device of its weights. The one way from
// images to embeddings for evaluation, mining pools and deployment. bf16: as in train's option precision.
class Embedder {
 public:
  explicit Embedder(const Model& model, bool bf16 = false);

  // images: uint8 [N, H, W, 3] RGB, any N. Returns float32 [N, D] on the CPU ([N, 2 D] when flips are concatenated),
  // rows of unit length. Runs in sub-batches of batch_size.
  // As embed(), before the rows are scaled to unit length.
  Tensor embed_raw(const Tensor& images, Flip flip, int64_t batch_size = 64) const;
  Tensor embed(const Tensor& images, Flip flip, int64_t batch_size = 64) const;

  const InputFormat& input() const { return model_.input; }

  // Of the folded network's convolutions: fewer than the model's own where folding joined layers.
  double flops_per_image() const;

 private:
  Model model_;
  bool bf16_;
};

}  // namespace massface
