#pragma once

#include <torch/torch.h>

#include "core/tensor.h"

namespace massface {

struct LossOutput {
  Tensor loss;      // scalar, differentiable
  Tensor accuracy;  // scalar in [0, 1], detached: how often the largest logit is the right identity's
};

// A linear classifier over the raw embedding, with the mean cross-entropy of its softmax. Trained beside the backbone
// and thrown away after the phase.
class SoftmaxClassifier : public torch::nn::Module {
 public:
  // Weights are uniform in +-1/sqrt(embedding_size), drawn from (seed, RandomStream::kParameterInit); biases are 0.
  SoftmaxClassifier(int64_t num_identities, int64_t embedding_size, uint64_t seed);

  // embeddings: [B, D], any float type: computed in float32 (float64 stays), also under autocast. labels: int64 [B], in
  // [0, num_identities), on the same device.
  LossOutput forward(const Tensor& embeddings, const Tensor& labels) const;

 private:
  Tensor weight_;  // [num_identities, D]
  Tensor bias_;    // [num_identities]
};

}  // namespace massface
