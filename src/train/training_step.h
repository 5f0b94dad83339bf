#pragma once

#include <optional>
#include <string>

#include "mining/triplets.h"
#include "model/model.h"
#include "objective/objective.h"
#include "optimizer/optimizer.h"
#include "train/step_graph.h"

namespace massface {

struct TrainingStepOptions {
  bool bf16 = false;
  int64_t sub_batch = 0;  // train/embedding_pass.h
  bool graph = false;     // train/step_graph.h
};

// What a step is taken on. Tensors on the model's device.
struct StepRequest {
  Tensor images;                     // uint8 [B, H, W, 3]
  Tensor labels;                     // int64 [B]
  std::optional<Triplets> triplets;  // see LossRequest
  int64_t step = 0;                  // of the phase, from 0
  double learning_rate = 0;
  bool network_learns = true;
};

struct StepResult {
  double loss = 0;
  double gradient_norm = 0;  // before clipping
  ObjectiveReport report;
  std::string failure;  // "the loss is not finite" and the like; then no weight was changed
};

// Embed, loss, gradient, move: as operations on the device alone, which tell the host nothing before all are sent. So
// a GPU waits for the host once a step, and the step can be recorded.
class TrainingStep {
 public:
  // All outlive this object; the optimizer moves the model's and the objective's parameters, which are on one device.
  TrainingStep(const Model& model, Objective& objective, Optimizer& optimizer, const TrainingStepOptions& options);

  StepResult take(const StepRequest& request);

 private:
  struct Outcome {
    Tensor numbers;  // float64 [2]: loss, gradient's norm
    std::function<ObjectiveReport()> report;
  };

  Outcome compute(const Tensor& images, const Tensor& labels, const Tensor& rate, const StepRequest& other) const;

  const Model& model_;
  Objective& objective_;
  Optimizer& optimizer_;
  TrainingStepOptions options_;
  StepGraph<Outcome> graph_;
};

}  // namespace massface
