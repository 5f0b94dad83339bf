#include "train/embedding_pass.h"

#include <torch/torch.h>

namespace massface {
namespace {

// Keeps the network in evaluation mode during its lifetime.
class AsItIs {
 public:
  explicit AsItIs(Backbone& network) : network_(network) { network_.eval(); }
  ~AsItIs() { network_.train(); }
  AsItIs(const AsItIs&) = delete;
  AsItIs& operator=(const AsItIs&) = delete;

 private:
  Backbone& network_;
  torch::NoGradGuard no_grad_;
};

}  // namespace

EmbeddingPass::EmbeddingPass(const Model& model, const Tensor& images, const EmbeddingPassOptions& options)
    : model_(model), images_(images), options_(options) {
  if (images.size(0) == 0 && !(options.network_learns && model.network->normalises_together())) {
    // Takes part in the backward pass exactly if the embeddings of the other processes do.
    embeddings_ =
        torch::empty({0, model.backbone.embedding_size},
                     at::TensorOptions(images.device()).dtype(at::kFloat).requires_grad(options.network_learns));
  } else if (!options.network_learns) {
    const AsItIs as_it_is(*model.network);
    embeddings_ = embed_in_parts();
  } else if (in_parts()) {
    const torch::NoGradGuard no_grad;
    embeddings_ = embed_in_parts();
    embeddings_.set_requires_grad(true);
  } else {
    embeddings_ = embed(images, 0);
  }
}

Tensor EmbeddingPass::embed(const Tensor& images, int64_t begin) const {
  DropoutDraw dropout = options_.dropout;
  dropout.first_row += begin;
  model_.network->draw_dropout(dropout);
  return forward(model_, images, options_.bf16);
}

Tensor EmbeddingPass::embed_in_parts() const {
  if (!in_parts()) return embed(images_, 0);
  std::vector<Tensor> parts;
  for (const Tensor& images : images_.split(options_.sub_batch)) {
    parts.push_back(embed(images, std::ssize(parts) * options_.sub_batch));
  }
  return at::cat(parts);
}

void EmbeddingPass::backward(const Tensor& loss) {
  loss.backward();
  if (!options_.network_learns || !in_parts()) return;
  const Tensor& gradient = embeddings_.grad();
  const auto images = images_.split(options_.sub_batch), gradients = gradient.split(options_.sub_batch);
  for (size_t i = 0; i < images.size(); ++i) {
    embed(images[i], static_cast<int64_t>(i) * options_.sub_batch).backward(gradients[i]);
  }
}

}  // namespace massface
