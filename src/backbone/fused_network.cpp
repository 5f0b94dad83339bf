#include "backbone/fused_network.h"

#include <ATen/autocast_mode.h>
#include <torch/torch.h>

#include <algorithm>

#include "backbone/fused_plan.h"
#include "backbone/reference_layer.h"
#include "core/error.h"

namespace massface {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

// Returns the parameters in the order in which backward() returns their gradients.
std::vector<Tensor> parameters_of(const FusedPlan& plan) {
  std::vector<Tensor> parameters;
  for (const auto& layer : plan.layers()) {
    const ConvUnit::Parts parts = layer->unit().parts();
    for (const Tensor& tensor : {parts.weight, parts.gamma, shift_of(parts), parts.slope}) {
      if (tensor.defined()) parameters.push_back(tensor);
    }
  }
  return parameters;
}

// Holds a pass for autograd's graph.
struct PassHolder : torch::CustomClassHolder {
  std::shared_ptr<FusedPlan> plan;
  std::shared_ptr<FusedPass> pass;
};

struct FusedFunction : torch::autograd::Function<FusedFunction> {
  static Tensor forward(AutogradContext* context, at::TensorList /*parameters*/, const Tensor& images,
                        const std::shared_ptr<FusedPlan>& plan) {
    const std::shared_ptr<FusedPass> pass = plan->begin(images.size(0), automatic_storage());
    const auto [height, width] = plan->layers().back()->output_size();
    Tensor values = at::empty({images.size(0), plan->layers().back()->unit().shape().out_channels, height, width},
                              at::TensorOptions(at::kFloat).memory_format(at::MemoryFormat::ChannelsLast));
    plan->forward(*pass, images, values.mutable_data_ptr<float>());
    const auto holder = c10::make_intrusive<PassHolder>();
    holder->plan = plan;
    holder->pass = pass;
    context->saved_data["pass"] = c10::IValue::make_capsule(holder);
    return height * width == 1 ? values.view({values.size(0), values.size(1)}) : values;
  }

  static tensor_list backward(AutogradContext* context, tensor_list gradients) {
    const auto holder = c10::static_intrusive_pointer_cast<PassHolder>(context->saved_data["pass"].toCapsule());
    check(holder->pass != nullptr, "the backward pass of a fused pass runs once");
    const Tensor& given = gradients[0];
    const Tensor gradient =
        given.contiguous(given.dim() == 4 ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Contiguous);
    tensor_list result;
    for (const LayerGradients& of : holder->plan->backward(*holder->pass, gradient.const_data_ptr<float>())) {
      for (const Tensor& gradient_of : {of.weight, of.gamma, of.shift, of.slope}) {
        if (gradient_of.defined()) result.push_back(gradient_of);
      }
    }
    holder->pass = nullptr;                             // frees its memory for the next pass
    result.insert(result.end(), {Tensor(), Tensor()});  // for the images and the plan
    return result;
  }
};

bool kernels_know(const ConvUnit& unit) {
  const bool bias_before_norm = unit.norm() != nullptr && unit.parts().bias.defined();
  return unit.activation() != Activation::kRelu && !bias_before_norm;
}

}  // namespace

Storage automatic_storage() {
  return at::autocast::is_autocast_enabled(at::kCPU) ? Storage::kBfloat16 : Storage::kFloat32;
}

FusedNetwork::FusedNetwork(std::shared_ptr<FusedPlan> plan) : plan_(std::move(plan)) {}
FusedNetwork::~FusedNetwork() = default;

std::unique_ptr<FusedNetwork> FusedNetwork::of(const std::vector<NetworkLayer>& layers,
                                               std::array<int64_t, 2> image_size, bool ends_in_pixel) {
  if (layers.empty()) return nullptr;
  std::vector<std::unique_ptr<FusedLayer>> fused;
  std::vector<int64_t> residual_from;
  std::array<int64_t, 2> size = image_size;
  for (const NetworkLayer& layer : layers) {
    if (!kernels_know(*layer.unit)) return nullptr;
    fused.push_back(FusedLayer::of(*layer.unit, size));
    // A layer must keep its input if a residual is added to it, or if a later layer reads it again.
    const bool reads_residual = !residual_from.empty() && residual_from.back() >= 0;
    const bool is_read_again = std::ranges::any_of(
        layers, [&](const NetworkLayer& later) { return later.residual_from == std::ssize(residual_from); });
    if (fused.back() == nullptr || ((reads_residual || is_read_again) && !fused.back()->takes_residual())) {
      fused.back() = make_reference_layer(*layer.unit, size);
    }
    if (layer.residual_from == 0) return nullptr;  // images are not a layer's value
    residual_from.push_back(layer.residual_from);
    size = layer.unit->output_size(size);
  }
  const bool is_pixel = size == std::array<int64_t, 2>{1, 1} && residual_from.back() < 0;
  if (ends_in_pixel && !is_pixel) return nullptr;
  return std::unique_ptr<FusedNetwork>(
      new FusedNetwork(std::make_shared<FusedPlan>(std::move(fused), std::move(residual_from))));
}

bool FusedNetwork::takes(const Tensor& images, bool is_share) {
  return images.is_cpu() && images.scalar_type() == at::kFloat && images.dim() == 4 &&
         (images.size(0) > 1 || is_share) && images.size(1) == 3 &&
         images.is_contiguous(at::MemoryFormat::ChannelsLast);
}

std::array<int64_t, 2> FusedNetwork::image_size() const { return plan_->image_size(); }

int64_t FusedNetwork::fused_multiply_adds() const {
  int64_t sum = 0;
  for (const auto& layer : plan_->layers()) {
    if (layer->is_fused()) sum += layer->unit().multiply_adds(layer->output_size());
  }
  return sum;
}

void FusedNetwork::set_memory_budget(int64_t bytes) { plan_->set_memory_budget(bytes); }

void FusedNetwork::require_memory(int64_t batch, Storage storage) const { plan_->require_memory(batch, storage); }

void FusedNetwork::time_layers(LayerClock* clock) { plan_->time_layers(clock); }

void FusedNetwork::announce_gradients(const GradientReady& ready) { plan_->announce_gradients(ready); }

Tensor FusedNetwork::forward(const Tensor& images) {
  const std::vector<Tensor> parameters = parameters_of(*plan_);
  return FusedFunction::apply(at::TensorList(parameters), images, plan_);
}

}  // namespace massface
