#include "export/compared_embeddings.h"

#include <torch/torch.h>

#include <cstring>

#include "image/resize.h"
#include "kernels/unit_rows.h"
#include "synthetic/faces.h"

namespace massface {
namespace {

constexpr uint64_t kFacesSeed = 1;

Tensor embed_layer_by_layer(const Model& model, const Tensor& images) {
  Model plain = copy_of(model);
  choose_kernels(plain, {.kernels = "reference"});
  plain.network->to(at::kCPU);
  plain.network->eval();
  return forward(plain, images);
}

}  // namespace

Tensor faces_to_compare(const InputFormat& input, int64_t count) {
  Tensor images = torch::empty({count, input.height, input.width, 3}, at::kByte);
  for (int64_t i = 0; i < count; ++i) {
    const Image face = resize(draw_synthetic_face(kFacesSeed, i, 0), input.height, input.width);
    std::memcpy(images[i].mutable_data_ptr(), face.pixels.data(), face.pixels.size());
  }
  return images;
}

double least_cosine(const Model& model, const ImageEmbedder& graph, const Tensor& images, int64_t batch_size) {
  const at::NoGradGuard no_grad;
  const Tensor expected = unit_rows(embed_layer_by_layer(model, images)).to(at::kDouble);
  const Tensor computed = graph.embed(images, Flip::kNone, batch_size).to(at::kDouble);
  return at::cosine_similarity(expected, computed, 1).min().item<double>();
}

}  // namespace massface
