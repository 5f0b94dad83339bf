#include "optimizer/optimizer.h"

#include <torch/torch.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/error.h"
#include "optimizer/gradient_norm.h"

namespace massface {
namespace {

constexpr double kAdagradEpsilon = 1e-10;
constexpr double kAdamEpsilon = 1e-8;
constexpr double kAdamSecondMoment = 0.999;

// The running tensors that the optimizer keeps for a parameter, in the order of Group::slots.
std::vector<std::string> slot_names(const OptimizerOptions& options) {
  if (options.name == "adam") return {"first_moment", "second_moment"};
  if (options.name == "adagrad") return {"squares"};
  check(options.name == "sgd", "the optimizer is a described choice");
  if (options.momentum == 0) return {};
  return {"momentum"};
}

std::string step_key(const std::string& parameter) { return fmt::format("optimizer_steps.{}", parameter); }

// Rows of a parameter, or of what is kept for it, that are updated in the place of the whole.
struct MovedRows {
  Tensor whole, rows, moved;
};

// The numbers of a gradient; for a sparse one, of the rows that it has.
Tensor numbers_of(const Tensor& gradient) { return gradient.is_sparse() ? gradient._values() : gradient; }

Tensor squared_norm_of(const Optimizer::NamedParameters& parameters, const at::TensorOptions& place) {
  std::vector<Tensor> gradients;
  for (const auto& [name, parameter] : parameters) {
    if (parameter.grad().defined()) gradients.push_back(numbers_of(parameter.grad()));
  }
  return gradients.empty() ? at::zeros({}, place.dtype(at::kDouble)) : squared_gradient_norm(gradients);
}

std::string dimensions(const Tensor& tensor) { return fmt::format("[{}]", fmt::join(tensor.sizes(), ", ")); }

}  // namespace

int64_t optimizer_slots(const OptimizerOptions& options) { return std::ssize(slot_names(options)); }

void OptimizerOptions::describe(OptionTable& table) {
  table.add_choice("name", name, {"sgd", "adagrad", "adam"}, "The rule that updates the parameters.");
  table.add(
      "learning_rate", learning_rate, {.min = 0, .max = 100},
      "The learning rate before its schedule is applied. Default of a phase that fine-tunes: 0.005, or 0.01 with a "
      "new classifier.");
  table.add(
      "momentum", momentum, {.min = 0, .max = 0.9999},
      "Fraction of the last step that is carried over (sgd); decay of the first moment (adam); not used by adagrad.");
  table.add("nesterov", nesterov, "Look one step of momentum ahead (sgd); needs momentum above 0.");
  table.add("weight_decay", weight_decay, {.min = 0, .max = 1},
            "Multiple of each weight that is added to its gradient; pulls weights towards 0.");
  table.add("embedding_weight_decay", embedding_weight_decay, {.min = kSameDecay, .max = 1},
            "weight_decay of the network's last layers, those behind its global pooling or convolution; -1: that of "
            "the other layers. The MobileFaceNet paper has ten times as much here, 4e-4 beside 4e-5.");
  table.add("classifier_weight_decay", classifier_weight_decay, {.min = kSameDecay, .max = 1},
            "weight_decay of the classifier; -1: that of the network.");
  table.add("decay_norm_and_bias", decay_norm_and_bias,
            "Apply weight decay also to parameters of one dimension: BatchNorm, PReLU and biases.");
  table.add("max_gradient_norm", max_gradient_norm, {.min = 0, .max = 1e9},
            "Scale the gradient of a step down to this L2 norm if it is larger; 0: off.");
}

void OptimizerOptions::check() const {
  require(!nesterov || name == "sgd", "optimizer.nesterov is for sgd; {} has no such form", name);
  require(!nesterov || momentum > 0, "optimizer.nesterov looks a step of momentum ahead, but optimizer.momentum is 0");
  for (const double decay : {embedding_weight_decay, classifier_weight_decay}) {
    require(decay == kSameDecay || decay >= 0,
            "optimizer.embedding_weight_decay and optimizer.classifier_weight_decay are at least 0, or -1 for that of "
            "the other weights; one of them is {}",
            decay);
  }
}

Optimizer::Optimizer(const OptimizerOptions& options, const Parameters& parameters,
                     std::shared_ptr<Processes> processes)
    : options_(options), processes_(std::move(processes)), shared_(parameters.body), divided_(parameters.classifier) {
  const auto decay = [&](double own) { return own == OptimizerOptions::kSameDecay ? options.weight_decay : own; };
  add(parameters.body, options.weight_decay);
  add(parameters.embedding_layers, decay(options.embedding_weight_decay));
  add(parameters.classifier, decay(options.classifier_weight_decay));
  shared_.insert(shared_.end(), parameters.embedding_layers.begin(), parameters.embedding_layers.end());
  if (!shared_.empty()) scalar_ = at::TensorOptions(at::kFloat).device(shared_[0].second.device());
  steps_ = at::zeros({}, scalar_);
  for (auto& group : groups_) {
    group.steps = at::zeros({static_cast<int64_t>(group.names.size())}, scalar_);
    group.step_of = group.steps.unbind();
  }
}

Optimizer::Group& Optimizer::group_of(double weight_decay) {
  const auto found = std::ranges::find(groups_, weight_decay, &Group::weight_decay);
  if (found != groups_.end()) return *found;
  Group& group = groups_.emplace_back(Group{.weight_decay = weight_decay});
  group.slots.resize(slot_names(options_).size());
  return group;
}

void Optimizer::add(const NamedParameters& parameters, double weight_decay) {
  for (const auto& [name, parameter] : parameters) {
    if (!parameter.requires_grad()) continue;
    const bool decays = parameter.dim() > 1 || options_.decay_norm_and_bias;
    Group& group = group_of(decays ? weight_decay : 0);
    group.names.push_back(name);
    group.parameters.push_back(parameter);
    for (auto& slot : group.slots) slot.push_back(torch::zeros_like(parameter, at::MemoryFormat::Preserve).detach());
  }
}

void Optimizer::step(double learning_rate) {
  const auto type = scalar_.device().is_cpu() ? at::kDouble : at::kFloat;
  step(at::full({}, learning_rate, scalar_.dtype(type)), at::zeros({}, scalar_));
}

void Optimizer::step(const Tensor& learning_rate, const Tensor& skip) {
  const torch::NoGradGuard no_grad;
  const Tensor counted = 1 - skip;
  steps_.add_(counted);
  for (Group& group : groups_) {
    Group moved{.weight_decay = group.weight_decay};
    moved.slots.resize(group.slots.size());
    std::vector<Tensor> gradients;
    std::vector<MovedRows> of_sparse;
    for (size_t i = 0; i < group.parameters.size(); ++i) {
      const Tensor& gradient = group.parameters[i].grad();
      if (!gradient.defined()) continue;
      const auto moving = [&](const Tensor& whole) {
        if (!gradient.is_sparse()) return whole;
        const Tensor rows = gradient._indices()[0];
        return of_sparse.emplace_back(MovedRows{whole, rows, whole.index_select(0, rows)}).moved;
      };
      gradients.push_back(numbers_of(gradient));
      moved.parameters.push_back(moving(group.parameters[i]));
      for (size_t slot = 0; slot < group.slots.size(); ++slot) {
        moved.slots[slot].push_back(moving(group.slots[slot][i]));
      }
      moved.step_of.push_back(group.step_of[i]);
    }
    if (moved.parameters.empty()) continue;
    if (moved.parameters.size() == group.parameters.size()) {
      group.steps.add_(counted);  // all at once
    } else {
      for (Tensor& count : moved.step_of) count.add_(counted);
    }
    move(moved, gradients, learning_rate, skip);
    for (MovedRows& part : of_sparse) part.whole.index_copy_(0, part.rows, part.moved);
  }
}

// Updates a group by the gradients of all its parameters. LibTorch's fused operations update many parameters with one
// kernel, on the CPU and on a GPU.
void Optimizer::move(const Group& group, std::vector<Tensor> gradients, const Tensor& learning_rate,
                     const Tensor& skip) {
  for (size_t i = 0; i < group.parameters.size(); ++i) {
    // The fused operations walk raw memory: a gradient must have the layout of its parameter.
    const Tensor& parameter = group.parameters[i];
    if (gradients[i].strides() != parameter.strides()) gradients[i] = at::empty_like(parameter).copy_(gradients[i]);
  }
  const std::optional<Tensor> no_scale;
  if (options_.name == "sgd") {
    // Buffers start at 0, so the first step is not a special case.
    const std::vector<Tensor> momenta = group.slots.empty() ? std::vector<Tensor>{} : group.slots[0];
    at::_fused_sgd_(group.parameters, gradients, momenta, group.weight_decay, options_.momentum, learning_rate,
                    /*dampening=*/0, options_.nesterov, /*maximize=*/false, /*is_first_step=*/false, no_scale, skip);
  } else if (options_.name == "adagrad") {
    at::_fused_adagrad_(group.parameters, gradients, group.slots[0], group.step_of, learning_rate, /*lr_decay=*/0,
                        group.weight_decay, kAdagradEpsilon, /*maximize=*/false, no_scale, skip);
  } else {
    at::_fused_adam_(group.parameters, gradients, group.slots[0], group.slots[1], /*max_exp_avg_sqs=*/{}, group.step_of,
                     learning_rate, options_.momentum, kAdamSecondMoment, group.weight_decay, kAdamEpsilon,
                     /*amsgrad=*/false, /*maximize=*/false, no_scale, skip);
  }
}

void Optimizer::zero_grad() {
  for (Group& group : groups_)
    for (Tensor& parameter : group.parameters) parameter.mutable_grad().reset();
}

Tensor Optimizer::clip_gradients() {
  const torch::NoGradGuard no_grad;
  const Tensor of_divided = squared_norm_of(divided_, scalar_);
  if (!divided_.empty()) processes_->sum(of_divided);
  const Tensor norm = (squared_norm_of(shared_, scalar_) + of_divided).sqrt();
  std::vector<Tensor> gradients;
  for (const Group& group : groups_)
    for (const Tensor& parameter : group.parameters)
      if (parameter.grad().defined()) gradients.push_back(numbers_of(parameter.grad()));
  if (options_.max_gradient_norm > 0 && !gradients.empty()) {
    const Tensor shrunk = (options_.max_gradient_norm / norm).clamp_max(1);
    at::_foreach_mul_(gradients, at::where(norm.isfinite(), shrunk, 1.0).to(at::kFloat));
  }
  return norm;
}

NamedTensors Optimizer::state() const {
  NamedTensors state;
  const auto total = steps_.item<int64_t>();
  state.metadata = {{"optimizer", options_.name}, {"optimizer_steps", std::to_string(total)}};
  const std::vector<std::string> slots = slot_names(options_);
  for (const Group& group : groups_) {
    const Tensor steps = group.steps.to(at::kCPU, at::kLong);
    for (size_t i = 0; i < group.names.size(); ++i) {
      const int64_t count = steps.const_data_ptr<int64_t>()[i];
      if (count != total) state.metadata[step_key(group.names[i])] = std::to_string(count);
    }
  }
  for (const Group& group : groups_)
    for (size_t slot = 0; slot < slots.size(); ++slot)
      for (size_t i = 0; i < group.names.size(); ++i)
        state.tensors.emplace_back(slots[slot] + "." + group.names[i],
                                   group.slots[slot][i].to(at::kCPU).clone(at::MemoryFormat::Contiguous));
  return state;
}

void Optimizer::load_state(const NamedTensors& state, const std::string& source) {
  const torch::NoGradGuard no_grad;
  const auto text = [&](const std::string& key) {
    const auto it = state.metadata.find(key);
    require(it != state.metadata.end(), "{}: no \"{}\" in its metadata; this is not an optimizer's state", source, key);
    return it->second;
  };
  require(text("optimizer") == options_.name, "{}: the state of optimizer {}, but the recipe asks for {}", source,
          text("optimizer"), options_.name);
  const auto count = [&](const std::string& key) {
    const std::string digits = text(key);
    int64_t parsed = -1;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), parsed);
    require(error == std::errc() && end == digits.data() + digits.size() && parsed >= 0,
            "{}: {} is '{}', expected a whole number", source, key, digits);
    return parsed;
  };
  const int64_t total = count("optimizer_steps");

  const std::map<std::string, Tensor> by_name(state.tensors.begin(), state.tensors.end());
  const std::vector<std::string> slots = slot_names(options_);
  for (Group& group : groups_)
    for (size_t slot = 0; slot < slots.size(); ++slot)
      for (size_t i = 0; i < group.names.size(); ++i) {
        const std::string name = slots[slot] + "." + group.names[i];
        const auto it = by_name.find(name);
        require(it != by_name.end(), "{}: the tensor {} is missing", source, name);
        Tensor& mine = group.slots[slot][i];
        require(it->second.sizes() == mine.sizes() && it->second.scalar_type() == mine.scalar_type(),
                "{}: the tensor {} is {} {}, expected {} {}", source, name, at::toString(it->second.scalar_type()),
                dimensions(it->second), at::toString(mine.scalar_type()), dimensions(mine));
        mine.copy_(it->second);
      }
  steps_.fill_(total);
  for (Group& group : groups_)
    for (size_t i = 0; i < group.names.size(); ++i) {
      const std::string key = step_key(group.names[i]);
      group.step_of[i].fill_(state.metadata.contains(key) ? count(key) : total);
    }
}

}  // namespace massface
