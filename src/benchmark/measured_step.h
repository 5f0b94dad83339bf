#pragma once

#include <functional>

#include "backbone/layer_work.h"
#include "benchmark/speed.h"
#include "loss/classifier.h"
#include "model/model.h"
#include "optimizer/optimizer.h"

namespace massface {

// The parts of a step, in order. The optimizer comes twice: it also zeroes the gradients at the start.
enum class StepPart { kInput, kNetworkForward, kClassifier, kNetworkBackward, kOptimizer };

// The training step that is measured: bytes to pixels, forward, softmax over 1,207 identities (as many as the recipe's
// training set has), backward, SGD with momentum. The images are random, because the work does not depend on them.
class MeasuredStep {
 public:
  explicit MeasuredStep(const SpeedOptions& options);

  void run() {
    run([](StepPart) {});
  }
  // Calls ended(part) at the end of each part; the work since the previous call belongs to that part.
  void run(const std::function<void(StepPart)>& ended);

  const Model& model() const { return model_; }
  bool bf16() const { return bf16_; }
  double flops_per_image() const;
  // The share of the convolutions' FLOPs that this step computes with fused kernels.
  double fused_share() const;

  // The least work of the parts outside the network, per step: FLOPs and bytes, counted as in backbone/layer_work.h.
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
