#pragma once

#include "core/tensor.h"
#include "model/model.h"

namespace massface {

struct EmbeddingPassOptions {
  bool bf16 = false;
  // If false, the network only computes, in evaluation mode; nothing in it changes, and backward() does not enter it.
  bool network_learns = true;
  // The number of images whose activations are kept at a time (0: all). Needs a BatchNorm mode that does not use the
  // statistics of the batch.
  int64_t sub_batch = 0;
  DropoutDraw dropout = {};  // of the batch's first image
};

// Computes the embeddings of a batch's images, and carries the loss's gradient back through the network.
//
// With sub-batches, the images pass through the network twice: first without gradient, for the loss of the whole batch
// and its gradient with respect to the embeddings, then with it, each part carrying back its share of that gradient
// ("Scaling Deep Contrastive Learning Batch Size under Memory Limited Setup", arXiv:2101.06983). The gradient is that
// of the whole batch and the memory that of a part; the pass takes a third longer.
class EmbeddingPass {
 public:
  // images: uint8 [B, H, W, 3] on the network's device. B may be 0 in a process whose share of the batch is empty.
  EmbeddingPass(const Model& model, const Tensor& images, const EmbeddingPassOptions& options);

  // float32 [B, D], not normalised.
  const Tensor& embeddings() const { return embeddings_; }

  // Adds the gradient of `loss`, a scalar computed from embeddings(), to every parameter that it depends on.
  void backward(const Tensor& loss);

 private:
  bool in_parts() const { return options_.sub_batch > 0 && options_.sub_batch < images_.size(0); }
  Tensor embed_in_parts() const;
  // Embeds images of which the first is image `begin` of the batch.
  Tensor embed(const Tensor& images, int64_t begin) const;

  const Model& model_;
  Tensor images_;
  EmbeddingPassOptions options_;
  Tensor embeddings_;
};

}  // namespace massface
