#include "benchmark/measured_step.h"

#include "benchmark/noise_images.h"
#include "benchmark/step_settings.h"
#include "kernels/precision.h"
#include "loss/softmax_loss.h"

namespace massface {
namespace {

constexpr int64_t kIdentities = 1207;
constexpr double kFloatBytes = sizeof(float);

Optimizer::NamedParameters parameters_of(const Model& model, const Classifier& classifier) {
  Optimizer::NamedParameters parameters;
  for (const auto& item : model.network->named_parameters()) parameters.emplace_back(item.key(), item.value());
  for (const auto& item : classifier.named_parameters()) {
    parameters.emplace_back("classifier." + item.key(), item.value());
  }
  return parameters;
}

double count(const std::vector<Tensor>& tensors) {
  double numbers = 0;
  for (const Tensor& tensor : tensors) numbers += static_cast<double>(tensor.numel());
  return numbers;
}

}  // namespace

MeasuredStep::MeasuredStep(const SpeedOptions& options)
    : model_(make_model({.name = options.backbone,
                         .embedding_size = 0,
                         .kernels = options.kernels,
                         .memory_budget = options.memory_budget},
                        {}, kMeasuredSeed)),
      classifier_(std::make_shared<SoftmaxClassifier>(ClassifierRows(kIdentities, 1, kMeasuredSeed),
                                                      model_.backbone.embedding_size, kMeasuredSeed)),
      optimizer_({.name = "sgd"}, parameters_of(model_, *classifier_)),
      images_(noise_images(options.batch, model_.input.height, model_.input.width)),
      labels_(torch::arange(options.batch).remainder(kIdentities)),
      bf16_(trains_in_bf16(options.precision, at::kCPU)) {
  model_.network->train();
}

void MeasuredStep::run(const std::function<void(StepPart)>& ended) {
  optimizer_.zero_grad();
  ended(StepPart::kOptimizer);
  const Tensor pixels = network_input(model_, images_);
  ended(StepPart::kInput);
  const Tensor embeddings = forward_pixels(model_, pixels, bf16_);
  ended(StepPart::kNetworkForward);
  // Backward in two pieces, so that the network's share of the time can be separated from the classifier's.
  const Tensor leaf = embeddings.detach().requires_grad_();
  classifier_->forward(leaf, labels_).loss.backward();
  ended(StepPart::kClassifier);
  embeddings.backward(leaf.grad());
  ended(StepPart::kNetworkBackward);
  optimizer_.step(kMeasuredLearningRate);
  ended(StepPart::kOptimizer);
}

double MeasuredStep::flops_per_image() const {
  return 3 * massface::flops_per_image(*model_.network, model_.input.height, model_.input.width);
}

double MeasuredStep::fused_share() const {
  const bool runs_fused = images_.size(0) > 1;  // as FusedNetwork::takes() has it
  return runs_fused ? model_.network->fused_share({model_.input.height, model_.input.width}) : 0;
}

// Per number: one byte read and one float written.
Work MeasuredStep::input_work() const { return {0, static_cast<double>(images_.numel()) * (1 + kFloatBytes)}; }

// Three matrix products of batch x embedding size x identities. The weights are read twice and their gradient is
// written once; the logits are written and read in the forward pass, their gradient in the backward pass. The
// embeddings and their gradient add little.
Work MeasuredStep::classifier_work() const {
  const auto batch = static_cast<double>(images_.size(0));
  const auto size = static_cast<double>(model_.backbone.embedding_size);
  return {3 * 2 * batch * size * kIdentities,
          kFloatBytes * (3 * count(classifier_->parameters()) + 4 * batch * kIdentities + 3 * batch * size)};
}

// Per parameter, v = m v + (g + d w), w -= rate v: three reads, two writes, six operations.
Work MeasuredStep::optimizer_work() const {
  const double numbers = count(model_.network->parameters()) + count(classifier_->parameters());
  return {6 * numbers, kFloatBytes * 5 * numbers};
}

}  // namespace massface
