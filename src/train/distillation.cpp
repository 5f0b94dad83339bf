#include "train/distillation.h"

#include <torch/torch.h>

#include <cmath>

#include "core/random.h"

namespace massface {
namespace {

// Rows of random directions, which keep the length of an embedding on average.
Tensor random_map(int64_t rows, int64_t columns, uint64_t seed) {
  Random random(seed, RandomStream::kParameterInit);
  Tensor map = torch::empty({rows, columns});
  auto* numbers = map.mutable_data_ptr<float>();
  const auto scale = static_cast<float>(1 / std::sqrt(static_cast<double>(columns)));
  for (int64_t i = 0; i < map.numel(); ++i) numbers[i] = scale * static_cast<float>(random.normal());
  return map;
}

}  // namespace

Distillation::Distillation(const Model& teacher, double weight, const Model& student, bool bf16, uint64_t seed)
    : weight_(weight), teacher_(teacher, bf16) {
  const int64_t from = student.backbone.embedding_size, to = teacher_.embedding_size();
  if (from == to) return;
  map_ = random_map(to, from, seed).to(student.network->parameters().front().device()).requires_grad_();
}

Tensor Distillation::distance(const Tensor& embeddings, const Tensor& images, int64_t images_of_all) const {
  const Tensor wanted =
      teacher_.embed(images, Flip::kNone, std::max<int64_t>(images.size(0), 1)).to(embeddings.device());
  const Tensor mapped = map_.defined() ? at::matmul(embeddings, map_.t()) : embeddings;
  const Tensor cosines = at::cosine_similarity(mapped, wanted, /*dim=*/1);
  return (2 - 2 * cosines).sum() / static_cast<double>(images_of_all);
}

std::vector<std::pair<std::string, Tensor>> Distillation::parameters() const {
  if (!map_.defined()) return {};
  return {{"distill.map", map_}};
}

}  // namespace massface
