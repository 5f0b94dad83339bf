#pragma once

#include <memory>
#include <string>

#include "core/tensor.h"
#include "model/model.h"

namespace massface {

// How the embedding of the mirrored image is used: not at all, added to that of the image, or concatenated with it.
enum class Flip { kNone, kSum, kConcatenate };

Flip parse_flip(const std::string& text);  // none, sum, concatenate
std::vector<std::string> flip_names();

// Something that turns images into embeddings: a network, or a graph that was exported from one (src/export).
class ImageEmbedder {
 public:
  virtual ~ImageEmbedder() = default;

  // images: uint8 [N, H, W, 3] RGB, any N. Returns float32 [N, D] on the CPU ([N, 2 D] if flips are concatenated), with
  // rows of unit length. Computes batch_size images at a time.
  Tensor embed(const Tensor& images, Flip flip, int64_t batch_size = 64) const;

  // The same, before the rows are scaled to unit length.
  Tensor embed_raw(const Tensor& images, Flip flip, int64_t batch_size = 64) const;

  virtual const InputFormat& input() const = 0;
  virtual int64_t embedding_size() const = 0;  // D

 protected:
  // images: uint8 [B, H, W, 3] RGB. Returns float32 [B, D], not of unit length, on any device.
  virtual Tensor embed_batch(const Tensor& images) const = 0;
};

// A model ready for inference alone: a folded copy in evaluation mode, on the device of its weights. Evaluation, mining
// pools and deployment all turn images into embeddings through this class.
class Embedder : public ImageEmbedder {
 public:
  // bf16: computes in bfloat16, as the training option precision = "bf16" does.
  explicit Embedder(const Model& model, bool bf16 = false);

  const InputFormat& input() const override { return model_.input; }
  int64_t embedding_size() const override { return model_.backbone.embedding_size; }

  // Floating-point operations of the folded network's convolutions: fewer than the model's if folding joined layers.
  double flops_per_image() const;

 protected:
  Tensor embed_batch(const Tensor& images) const override { return forward(model_, images, bf16_); }

 private:
  Model model_;
  bool bf16_;
};

// Returns a copy of the model in evaluation mode and folded (Backbone::fold_for_inference()), with weights of its own.
Model folded_copy(const Model& model);

}  // namespace massface
