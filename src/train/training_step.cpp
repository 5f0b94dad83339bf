#include "train/training_step.h"

#include <torch/torch.h>

#include <cmath>
#include <limits>

#include "core/error.h"
#include "distributed/shares.h"
#include "kernels/device.h"
#include "train/embedding_pass.h"
#include "train/gather_embeddings.h"

namespace massface {
namespace {

at::Device device_of(const Model& model) { return model.network->parameters().front().device(); }

// Returns the learning rate as the tensor that Optimizer::step takes.
Tensor rate_on(at::Device device, double learning_rate) {
  const Tensor rate = at::scalar_tensor(learning_rate, device.is_cpu() ? at::kDouble : at::kFloat);
  return to_device(rate, device);
}

// Steps that also train the network are of another kind than those that do not.
std::optional<int64_t> kind_of(const StepRequest& request, const Objective& objective) {
  if (request.triplets) return std::nullopt;  // their number varies
  const auto kind = objective.kind_of_step(request.step);
  if (!kind) return std::nullopt;
  return 2 * *kind + (request.network_learns ? 1 : 0);
}

}  // namespace

TrainingStep::TrainingStep(const Model& model, Objective& objective, Optimizer& optimizer,
                           const TrainingStepOptions& options)
    : model_(model),
      objective_(objective),
      optimizer_(optimizer),
      options_(options),
      graph_(device_of(model), options.graph) {
  if (options.processes->size() == 1) return;
  buckets_ = std::make_unique<GradientBuckets>(shared_parameters(), options.processes, options.gradient_type);
  // With sub-batches, a gradient is complete only after the last of them.
  if (options.sub_batch == 0) announce_gradients();
}

// Those that all processes have alike, in the order of the forward pass.
std::vector<Tensor> TrainingStep::shared_parameters() const {
  std::vector<Tensor> list = model_.network->parameters();
  if (options_.distillation != nullptr) {
    for (const auto& [_, parameter] : options_.distillation->parameters()) list.push_back(parameter);
  }
  return list;
}

// Adds the teacher's part to the loss. embeddings, images: of this process's share of the batch.
ObjectiveOutput TrainingStep::with_teacher(ObjectiveOutput output, const Tensor& embeddings, const Tensor& images,
                                           int64_t images_of_all) const {
  const Tensor distance = options_.distillation->distance(embeddings, images, images_of_all);
  output.loss = output.loss + options_.distillation->weight() * distance;
  output.report = [report = output.report, distance = distance.detach(), processes = options_.processes] {
    ObjectiveReport whole = report();
    whole.loss_parts.emplace_back("distillation", sum_of(*processes, {distance})[0]);
    return whole;
  };
  return output;
}

// The fused pass announces its gradients by itself; it is one node of autograd's graph, at whose end all hooks are
// called. Layers without a fused form are announced by the hooks, each as soon as autograd has its gradient.
void TrainingStep::announce_gradients() {
  model_.network->announce_gradients(
      [this](const Tensor& parameter, const Tensor& gradient) { buckets_->ready(parameter, gradient); });
  for (const Tensor& parameter : model_.network->parameters()) {
    if (!parameter.requires_grad()) continue;
    // A hook must not own the parameter that owns it.
    const size_t place = hooks_.size();
    hooks_.emplace_back(parameter, parameter.register_hook([this, place](const Tensor& gradient) {
      buckets_->ready(hooks_[place].first, gradient);
    }));
  }
}

TrainingStep::~TrainingStep() {
  if (buckets_ != nullptr) model_.network->announce_gradients({});
  for (const auto& [parameter, hook] : hooks_) parameter.remove_hook(hook);
}

TrainingStep::Outcome TrainingStep::compute(const Tensor& images, const Tensor& labels, const Tensor& rate,
                                            const StepRequest& other) const {
  optimizer_.zero_grad();
  const DropoutDraw dropout{options_.seed, other.step, share_of(labels.size(0), *options_.processes).begin};
  EmbeddingPass pass(model_, images,
                     {.bf16 = options_.bf16,
                      .network_learns = other.network_learns,
                      .sub_batch = options_.sub_batch,
                      .dropout = dropout});
  const Tensor embeddings = gather_embeddings(pass.embeddings(), labels.size(0), options_.processes);
  ObjectiveOutput output = objective_.loss(embeddings, {.labels = labels,
                                                        .images = other.image_numbers,
                                                        .step = other.step,
                                                        .processes = options_.processes,
                                                        .triplets = other.triplets});
  if (options_.distillation != nullptr && other.network_learns) {
    output = with_teacher(std::move(output), pass.embeddings(), images, labels.size(0));
  }
  const Tensor total_loss = output.loss.detach().clone();
  if (buckets_ != nullptr) buckets_->begin(total_loss, other.network_learns);
  pass.backward(output.loss);
  if (buckets_ != nullptr) {
    buckets_->finish();
    if (other.network_learns) options_.processes->average(model_.network->statistics_of_share());
  }
  const Tensor norm = optimizer_.clip_gradients();
  const Tensor loss = total_loss.to(at::kDouble);
  optimizer_.step(rate, (loss * norm).isfinite().logical_not().to(at::kFloat));
  return {at::stack({loss, norm}), output.report};
}

StepResult TrainingStep::take(const StepRequest& request) {
  StepResult result;
  try {
    // Captures by value, without the request's images and labels, because a recording keeps it.
    const auto work =
        [this, other = StepRequest{.image_numbers = request.image_numbers,
                                   .triplets = request.triplets,
                                   .step = request.step,
                                   .network_learns = request.network_learns}](const std::vector<Tensor>& inputs) {
          return compute(inputs[0], inputs[1], inputs[2], other);
        };
    const Outcome outcome =
        graph_.run(kind_of(request, objective_),
                   {request.images, request.labels, rate_on(request.images.device(), request.learning_rate)}, work);
    const Tensor numbers = outcome.numbers.cpu();
    result.loss = numbers.const_data_ptr<double>()[0];
    result.gradient_norm = numbers.const_data_ptr<double>()[1];
    result.report = outcome.report();
  } catch (const LostProcess&) {
    throw;
  } catch (const Failure& failure) {
    result.loss = std::numeric_limits<double>::quiet_NaN();
    result.failure = failure.what();
    return result;
  }
  if (!std::isfinite(result.loss)) {
    result.gradient_norm = 0;
    result.failure = "the loss is not finite";
  } else if (!std::isfinite(result.gradient_norm)) {
    result.failure = "the gradient is not finite";
  }
  return result;
}

}  // namespace massface
