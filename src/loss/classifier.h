#pragma once

#include <torch/torch.h>

#include <memory>
#include <string>
#include <vector>

#include "core/tensor.h"
#include "loss/classifier_options.h"
#include "loss/classifier_rows.h"

namespace massface {

struct LossOutput {
  Tensor loss;      // scalar, differentiable
  Tensor accuracy;  // scalar in [0, 1], detached: how often the largest logit without margin is the right identity's
};

struct ClassifierLogits {
  Tensor plain;        // [B, active rows], without the margin
  Tensor with_margin;  // [B, active rows]; the same tensor if the loss has no margin
};

// Classifies embeddings as one of the training identities. The loss is the mean cross-entropy of a softmax over logits,
// which each kind of classifier defines. Trained together with the backbone and discarded after the phase.
//
// Several processes divide the identities: each holds the rows of its share, computes their logits for all images of
// the batch, and none has a whole row of logits (loss/split_cross_entropy.h).
class Classifier : public torch::nn::Module {
 public:
  explicit Classifier(ClassifierRows rows) : rows_(std::move(rows)) {}

  // Returns this process's share of the loss and of the accuracy: the shares add up to the means over the batch. With a
  // sample_rate below 1, both are among the identities that the step compares with.
  //
  // embeddings: [B, D] as the backbone returns them, any float type. Computed in float32 (float64 stays float64), also
  // under autocast. labels: int64 [B], in [0, num_identities), on the same device. step: that of the phase, counted
  // from 0, for warm-ups.
  LossOutput forward(const Tensor& embeddings, const Tensor& labels, int64_t step = 0) const;

  // smoothing: the part of the target that is spread evenly over the identities of the step, in [0, 1): "Rethinking the
  // Inception Architecture for Computer Vision", arXiv:1512.00567, section 7.
  void smooth_labels(double smoothing) { label_smoothing_ = smoothing; }

  // Returns true if all steps from this one on compute the same, because every warm-up is over and none draws a sample.
  bool is_settled(int64_t step) const { return !rows_.are_sampled() && warm_up_is_over(step); }

 private:
  virtual bool warm_up_is_over(int64_t /*step*/) const { return true; }
  virtual ClassifierLogits logits(const Tensor& embeddings, const ActiveRows& active, int64_t step) const = 0;

  ClassifierRows rows_;
  double label_smoothing_ = 0;
};

// The names of all classification losses. A new one is one file and one line in classifier.cpp.
std::vector<std::string> classifier_names();

// Returns true if the classifier uses this member of ClassifierOptions. option: its name in describe(), such as
// "scale".
bool classifier_uses(const std::string& classifier, const std::string& option);

// Returns true if its logits are made of cosines, which takes unit rows of its weight and logits without the margin.
bool classifier_has_cosines(const std::string& classifier);

// Makes a classifier, of whose rows this process holds its share. Its weights are uniform in +-1/sqrt(embedding_size),
// drawn from (seed, RandomStream::kParameterInit). Throws Error for fewer than two identities and for options that the
// classifier cannot work with.
std::shared_ptr<Classifier> make_classifier(const std::string& name, const ClassifierOptions& options,
                                            int64_t num_identities, int64_t embedding_size, uint64_t seed,
                                            std::shared_ptr<Processes> processes = single_process());

}  // namespace massface
