#pragma once

#include <memory>
#include <optional>
#include <string>

#include "distributed/processes.h"
#include "mining/triplets.h"
#include "model/model.h"
#include "objective/objective.h"
#include "optimizer/optimizer.h"
#include "train/distillation.h"
#include "train/gradient_buckets.h"
#include "train/step_graph.h"

namespace massface {

struct TrainingStepOptions {
  bool bf16 = false;
  int64_t sub_batch = 0;                      // train/embedding_pass.h
  bool graph = false;                         // train/step_graph.h
  uint64_t seed = 0;                          // of dropout
  at::ScalarType gradient_type = at::kFloat;  // in which gradients travel (train/gradient_buckets.h)
  std::shared_ptr<Processes> processes = single_process();
  const Distillation* distillation = nullptr;  // outlives the step; null: there is no teacher
};

// The inputs of a step, the same in every process but for the images. All tensors are on the model's device.
struct StepRequest {
  Tensor images;                     // uint8 [share of B, H, W, 3], those of this process (distributed/shares.h)
  Tensor labels;                     // int64 [B]
  Tensor image_numbers;              // int64 [B] on the CPU, for LossRequest; may be undefined
  std::optional<Triplets> triplets;  // see LossRequest
  int64_t step = 0;                  // of the phase, from 0
  double learning_rate = 0;
  bool network_learns = true;
};

struct StepResult {
  double loss = 0;
  double gradient_norm = 0;  // before clipping
  ObjectiveReport report;
  std::string failure;  // such as "the loss is not finite", in which case no weight was changed; "" on success
};

// Takes one training step: embeds, computes the loss and the gradient, and updates the weights. Several processes each
// embed their share of the batch and compute the loss of all of it, and end with the same weights. All operations are
// enqueued on the device before the host reads any result, so a GPU waits for the host only once per step, and the step
// can be recorded.
class TrainingStep {
 public:
  // model, objective and optimizer must outlive this object. The optimizer updates the parameters of the model and of
  // the objective, which are all on one device.
  TrainingStep(const Model& model, Objective& objective, Optimizer& optimizer, const TrainingStepOptions& options);
  ~TrainingStep();

  StepResult take(const StepRequest& request);

 private:
  struct Outcome {
    Tensor numbers;  // float64 [2]: loss, gradient's norm
    std::function<ObjectiveReport()> report;
  };

  void announce_gradients();
  ObjectiveOutput with_teacher(ObjectiveOutput output, const Tensor& embeddings, const Tensor& images,
                               int64_t images_of_all) const;
  std::vector<Tensor> shared_parameters() const;
  Outcome compute(const Tensor& images, const Tensor& labels, const Tensor& rate, const StepRequest& other) const;

  const Model& model_;
  Objective& objective_;
  Optimizer& optimizer_;
  TrainingStepOptions options_;
  std::unique_ptr<GradientBuckets> buckets_;        // null for a single process
  std::vector<std::pair<Tensor, unsigned>> hooks_;  // parameters, and the hooks that announce their gradients
  StepGraph<Outcome> graph_;
};

}  // namespace massface
