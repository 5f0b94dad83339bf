#include "loss/softmax_loss.h"

#include <cmath>

#include "core/random.h"

namespace massface {
namespace {

// A backbone's parameters count up from 0; the classifier's numbers must not be theirs.
constexpr uint64_t kParameterIndex = 1'000'000;

Tensor uniform_weight(int64_t rows, int64_t columns, uint64_t seed) {
  const float bound = 1.0f / std::sqrt(static_cast<float>(columns));
  Random random(seed, RandomStream::kParameterInit, kParameterIndex);
  Tensor weight = torch::empty({rows, columns});
  float* values = weight.data_ptr<float>();
  for (int64_t i = 0; i < weight.numel(); ++i) values[i] = random.uniform(-bound, bound);
  return weight;
}

}  // namespace

SoftmaxClassifier::SoftmaxClassifier(int64_t num_identities, int64_t embedding_size, uint64_t seed)
    : weight_(register_parameter("weight", uniform_weight(num_identities, embedding_size, seed))),
      bias_(register_parameter("bias", torch::zeros({num_identities}))) {}

LossOutput SoftmaxClassifier::forward(const Tensor& embeddings, const Tensor& labels) const {
  const c10::impl::ExcludeDispatchKeyGuard no_autocast(c10::autocast_dispatch_keyset);
  const Tensor logits = at::linear(embeddings.to(weight_.scalar_type()), weight_, bias_);  // [B, num_identities]
  const Tensor right = logits.detach().argmax(1) == labels;
  return {.loss = at::cross_entropy_loss(logits, labels), .accuracy = right.to(at::kFloat).mean()};
}

}  // namespace massface
