#pragma once

#include <functional>

#include "backbone/layer_work.h"
#include "benchmark/speed.h"
#include "loss/classifier.h"
#include "model/model.h"
#include "optimizer/optimizer.h"

namespace massface {

// What a step consists of, in its order (the optimizer, which zeroes the gradients first, comes twice).
enum class StepPart { kInput, kNetworkForward, kClassifier, kNetworkBackward, kOptimizer };

// The step that is measured: bytes to pixels, forward, softmax over 1,207 identities (those of the recipe's training
// set), backward, SGD with momentum. Images are random: the work does not depend on them.
class MeasuredStep {
 public:
  explicit MeasuredStep(const SpeedOptions& options);

  void run() {
    run([](StepPart) {});
  }
  // ended(part): what was done since the last call was this part.
  void run(const std::function<void(StepPart)>& ended);

  const Model& model() const { return model_; }
  double flops_per_image() const;

  // The least work of what is not the network, for one step; FLOPs and bytes, as backbone/layer_work.h counts them.
  Work input_work() const;
  Work classifier_work() const;
  Work optimizer_work() const;

 private:
  Model model_;
  std::shared_ptr<Classifier> classifier_;
  Optimizer optimizer_;
  Tensor images_, labels_;
  bool bf16_;
};

}  // namespace massface
