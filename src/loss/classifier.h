#pragma once

#include <torch/torch.h>

#include <memory>
#include <string>
#include <vector>

#include "core/tensor.h"
#include "loss/classifier_options.h"

namespace massface {

struct LossOutput {
  Tensor loss;      // scalar, differentiable
  Tensor accuracy;  // scalar in [0, 1], detached: how often the largest logit, without margin, is the right identity's
};

struct ClassifierLogits {
  Tensor plain;        // [B, num_identities], without the margin
  Tensor with_margin;  // [B, num_identities]; the same tensor where the loss has no margin
};

// Tells the training identities apart by an embedding: the mean cross-entropy of a softmax over logits, which each kind
// of classifier defines. Trained beside the backbone and thrown away after the phase.
class Classifier : public torch::nn::Module {
 public:
  // embeddings: [B, D] as the backbone gives them, any float type: computed in float32 (float64 stays), also under
  // autocast. labels: int64 [B], in [0, num_identities), on the same device. step: of the phase, from 0, for what warms
  // up.
  LossOutput forward(const Tensor& embeddings, const Tensor& labels, int64_t step = 0) const;

  // Whether all steps from this one on compute the same: nothing warms up any more.
  virtual bool is_settled(int64_t /*step*/) const { return true; }

 private:
  virtual ClassifierLogits logits(const Tensor& embeddings, const Tensor& labels, int64_t step) const = 0;
};

// The registry: a new classification loss is one file and one line in classifier.cpp.
std::vector<std::string> classifier_names();

// Whether the classifier reads this member of ClassifierOptions. option: its name in describe(), such as "scale".
bool classifier_uses(const std::string& classifier, const std::string& option);

// Weights are uniform in +-1/sqrt(embedding_size), drawn from (seed, RandomStream::kParameterInit).
// Throws Error for fewer than two identities and for options that the kind cannot work with.
std::shared_ptr<Classifier> make_classifier(const std::string& name, const ClassifierOptions& options,
                                            int64_t num_identities, int64_t embedding_size, uint64_t seed);

}  // namespace massface
