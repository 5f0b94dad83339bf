#include "model/embedder.h"

#include <torch/torch.h>

#include <algorithm>

#include "core/error.h"
#include "core/files.h"
#include "kernels/unit_rows.h"

namespace massface {

Model folded_copy(const Model& model) {
  Model copy = copy_of(model);
  copy.network->eval();
  copy.network->fold_for_inference();
  return copy;
}

Flip parse_flip(const std::string& text) {
  if (text == "none") return Flip::kNone;
  if (text == "sum") return Flip::kSum;
  if (text == "concatenate") return Flip::kConcatenate;
  fail("flip is \"{}\", expected none, sum or concatenate.", printable(text));
}

std::vector<std::string> flip_names() { return {"none", "sum", "concatenate"}; }

Embedder::Embedder(const Model& model, bool bf16) : model_(folded_copy(model)), bf16_(bf16) {}

Tensor ImageEmbedder::embed(const Tensor& images, Flip flip, int64_t batch_size) const {
  return unit_rows(embed_raw(images, flip, batch_size));
}

Tensor ImageEmbedder::embed_raw(const Tensor& images, Flip flip, int64_t batch_size) const {
  check(batch_size >= 1, "a batch has at least one image");
  const at::NoGradGuard no_grad;
  const int64_t columns = embedding_size() * (flip == Flip::kConcatenate ? 2 : 1);
  Tensor embeddings = torch::empty({images.size(0), columns});
  for (int64_t begin = 0; begin < images.size(0); begin += batch_size) {
    const Tensor batch = images.slice(0, begin, std::min(begin + batch_size, images.size(0)));
    Tensor rows = embed_batch(batch);
    if (flip != Flip::kNone) {
      const Tensor mirrored = embed_batch(batch.flip(2));
      rows = flip == Flip::kSum ? rows + mirrored : at::cat({rows, mirrored}, 1);
    }
    embeddings.slice(0, begin, begin + batch.size(0)).copy_(rows);
  }
  return embeddings;
}

double Embedder::flops_per_image() const {
  return massface::flops_per_image(*model_.network, model_.input.height, model_.input.width);
}

}  // namespace massface
