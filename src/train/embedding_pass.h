#pragma once

#include "core/tensor.h"
#include "model/model.h"

namespace massface {

struct EmbeddingPassOptions {
  bool bf16 = false;
  // False: the network is only asked, in evaluation mode; nothing of it changes, and backward() does not enter it.
  bool network_learns = true;
  // Above 0: activations of so many images are kept at a time. Needs BatchNorm that does not look at the batch.
  int64_t sub_batch = 0;
};

// The way from a batch's images to their embeddings, and back for the loss's gradient.
//
// In sub-batches the images pass the network twice: first without gradient, for the loss of the whole batch and its
// gradient with respect to the embeddings, then again with it, each part carrying its share of that gradient back
// ("Scaling Deep Contrastive Learning Batch Size under Memory Limited Setup", arXiv:2101.06983). The gradient is that
// of the whole batch; memory is that of a part; the time is a third more.
class EmbeddingPass {
 public:
  // images: uint8 [B, H, W, 3] on the network's device.
  EmbeddingPass(const Model& model, const Tensor& images, const EmbeddingPassOptions& options);

  // float32 [B, D], as the network gives them.
  const Tensor& embeddings() const { return embeddings_; }

  // Adds the gradient of `loss`, a scalar computed from embeddings(), to every parameter that it depends on.
  void backward(const Tensor& loss);

 private:
  bool in_parts() const { return options_.sub_batch > 0 && options_.sub_batch < images_.size(0); }
  Tensor embed_in_parts() const;

  const Model& model_;
  Tensor images_;
  EmbeddingPassOptions options_;
  Tensor embeddings_;
};

}  // namespace massface
