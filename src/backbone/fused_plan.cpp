#include "backbone/fused_plan.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

#include "backbone/shared_statistics.h"
#include "core/error.h"

namespace massface {
namespace {

constexpr int64_t kAligned = 32;  // numbers; every buffer begins at a cache line

// Three are enough: for the gradient that a layer passes on, for the one that it receives, and for that of a pending
// residual.
constexpr int64_t kGradientBuffers = 3;

constexpr int64_t kMegabyte = 1000 * 1000;

std::span<float> values(const Tensor& tensor) {
  return {tensor.mutable_data_ptr<float>(), static_cast<size_t>(tensor.numel())};
}

void move_towards(const Tensor& running, const std::vector<float>& of_batch, double factor) {
  const std::span<float> target = values(running);
  for (size_t c = 0; c < target.size(); ++c) {
    target[c] = static_cast<float>((1 - kBatchNormMomentum) * target[c] + kBatchNormMomentum * factor * of_batch[c]);
  }
}

Tensor tensor_of(const std::vector<float>& from) {
  Tensor tensor = at::empty({std::ssize(from)}, at::kFloat);
  std::ranges::copy(from, tensor.mutable_data_ptr<float>());
  return tensor;
}

// How the gradient passes through BatchNorm, computed from its sums over all rows of the batch. Only the scale is left
// if the statistics are not the batch's.
struct NormGradient {
  std::vector<float> through_x, constant;

  NormGradient(const NormState& norm, const GradientSums& sums)
      : through_x(norm.mean.size(), 0.0f), constant(norm.mean.size(), 0.0f) {
    if (!norm.by_batch) return;
    for (size_t c = 0; c < through_x.size(); ++c) {
      const double scale = norm.scale[c] / static_cast<double>(norm.rows);
      const double inverse = norm.inverse_deviation[c];
      const double through = -scale * inverse * inverse * sums.scale[c];
      through_x[c] = static_cast<float>(through);
      constant[c] = static_cast<float>(-scale * sums.shift[c] - through * norm.mean[c]);
    }
  }
};

LayerGradients gradients_of(const ConvUnit::Parts& parts, const NormState& norm, const GradientSums& sums) {
  LayerGradients gradients;
  gradients.weight = at::empty_like(parts.weight);
  if (parts.gamma.defined()) {
    std::vector<float> gamma(sums.scale);
    for (size_t c = 0; c < gamma.size(); ++c) gamma[c] *= norm.inverse_deviation[c];
    gradients.gamma = tensor_of(gamma);
  }
  if (shift_of(parts).defined()) gradients.shift = tensor_of(sums.shift);
  if (!sums.slope.empty()) gradients.slope = tensor_of(sums.slope);
  return gradients;
}

void follow_without_norm(const ConvUnit::Parts& parts, int64_t rows, NormState& norm) {
  norm.by_batch = false;
  norm.rows = rows;
  norm.mean.assign(norm.scale.size(), 0.0f);
  std::ranges::fill(norm.inverse_deviation, 1.0f);
  std::ranges::fill(norm.scale, 1.0f);
  std::ranges::fill(norm.shift, 0.0f);
  if (parts.bias.defined()) std::ranges::copy(values(parts.bias), norm.shift.begin());
}

}  // namespace

FusedPlan::FusedPlan(std::vector<std::unique_ptr<FusedLayer>> layers, std::vector<int64_t> residual_from)
    : layers_(std::move(layers)), residual_from_(std::move(residual_from)), keeps_input_(layers_.size(), 0) {
  for (size_t layer = 0; layer < layers_.size(); ++layer) {
    if (residual_from_[layer] < 0) continue;
    keeps_input_[residual_from_[layer]] = 1;
    if (layer + 1 < layers_.size()) keeps_input_[layer + 1] = 1;
  }
}

int64_t FusedPlan::output_numbers(int64_t layer, int64_t batch) const {
  return round_up(layers_[layer]->output_rows(batch) * channels(layer), kAligned);
}

std::shared_ptr<FusedPass> FusedPlan::begin(int64_t batch, Storage storage) {
  const auto fits = [&](const FusedPass& pass) { return pass.batch == batch && pass.storage == storage; };
  std::erase_if(passes_, [&](const auto& pass) { return pass.use_count() == 1 && !fits(*pass); });
  for (const auto& pass : passes_) {
    if (pass.use_count() == 1) return pass;
  }
  passes_.push_back(make_pass(batch, storage));
  return passes_.back();
}

void FusedPlan::set_memory_budget(int64_t bytes) {
  if (bytes != memory_budget_) std::erase_if(passes_, [](const auto& pass) { return pass.use_count() == 1; });
  memory_budget_ = bytes;
}

FusedPlan::Layout FusedPlan::lay_out(int64_t batch, Storage storage) const {
  std::vector<int64_t> sizes;
  std::vector<double> work;
  int64_t kept = 0;
  for (int64_t layer = 0; layer < std::ssize(layers_); ++layer) {
    sizes.push_back(output_numbers(layer, batch));
    work.push_back(static_cast<double>(layers_[layer]->unit().multiply_adds(layers_[layer]->output_size())));
    if (keeps_input_[layer]) kept += output_numbers(layer - 1, batch);
  }
  const int64_t largest = std::ranges::max(sizes), bytes = bytes_of(storage);
  const int64_t fixed = kept + kGradientBuffers * largest;
  const int64_t budget = memory_budget_ == 0 ? std::numeric_limits<int64_t>::max() : memory_budget_ / bytes - fixed;
  std::optional<ActivationLayout> layout = lay_out_activations(sizes, work, budget);
  require(
      layout.has_value(),
      "backbone.memory_budget: {} MB is too little for a batch of {}, whose activations and gradients take at least "
      "{} MB. Raise it, choose a smaller batch, or use sub-batches (batch.sub_batch, with BatchNorm running or "
      "frozen).",
      memory_budget_ / kMegabyte, batch,
      ((least_activation_budget(sizes) + fixed) * bytes + kMegabyte - 1) / kMegabyte);

  return {.outputs = std::move(*layout), .kept = kept, .largest = largest};
}

std::shared_ptr<FusedPass> FusedPlan::make_pass(int64_t batch, Storage storage) const {
  Layout layout = lay_out(batch, storage);
  const int64_t numbers = layout.outputs.numbers + layout.kept + kGradientBuffers * layout.largest;
  const auto pass = std::make_shared<FusedPass>(batch, storage, numbers * bytes_of(storage));
  const Values first = values_in(pass->memory.data(), storage);
  Values next = first + layout.outputs.numbers;
  const auto take = [&](int64_t size) { return std::exchange(next, next + size); };
  pass->layers.resize(layers_.size());
  for (int64_t layer = 0; layer < std::ssize(layers_); ++layer) {
    pass->layers[layer].x = first + layout.outputs.place[layer];
    if (keeps_input_[layer]) pass->layers[layer].kept = take(output_numbers(layer - 1, batch));
  }
  for (int64_t buffer = 0; buffer < kGradientBuffers; ++buffer) pass->gradients.push_back(take(layout.largest));
  pass->layout = std::move(layout.outputs);
  return pass;
}

LayerOutput FusedPlan::output(const FusedPass& pass, int64_t layer) const {
  const LayerMemory& memory = pass.layers[layer];
  const Tensor slope = layers_[layer]->unit().parts().slope;
  return {.x = memory.x,
          .channels = channels(layer),
          .activation = {memory.norm.scale.data(), memory.norm.shift.data(),
                         slope.defined() ? slope.const_data_ptr<float>() : nullptr},
          .mean = memory.norm.mean.data()};
}

FusedLayer::Reads FusedPlan::reads(const FusedPass& pass, int64_t layer) const {
  if (layer == 0) return {.images = pass.images.const_data_ptr<float>(), .input = {}};
  FusedLayer::Reads reads{.images = nullptr, .input = {.before = output(pass, layer - 1)}};
  reads.input.kept = pass.layers[layer].kept;
  if (residual_from_[layer - 1] >= 0) reads.input.added = pass.layers[residual_from_[layer - 1]].kept;
  return reads;
}

// Sets the state of BatchNorm from the batch's moments, which also update the running statistics, or from the running
// statistics.
void FusedPlan::follow(ChannelMoments moments, int64_t rows, int64_t layer, NormState& norm) const {
  const ConvUnit& unit = layers_[layer]->unit();
  const ConvUnit::Parts parts = unit.parts();
  const size_t channels = moments.mean.size();
  norm.inverse_deviation.resize(channels);
  norm.scale.resize(channels);
  norm.shift.resize(channels);
  if (unit.norm() == nullptr) return follow_without_norm(parts, rows, norm);
  norm.by_batch = unit.norm()->normalises_by_batch();
  norm.rows = norm.by_batch ? merge_moments(unit.norm()->normalising_together(), moments, rows) : rows;
  std::vector<float> variance = moments.variance;
  norm.mean = moments.mean;
  if (norm.by_batch) {
    const auto n = static_cast<double>(norm.rows);
    move_towards(parts.running_mean, moments.mean, 1);
    move_towards(parts.running_variance, moments.variance, n / (n - 1));
  } else {
    std::ranges::copy(values(parts.running_mean), norm.mean.begin());
    std::ranges::copy(values(parts.running_variance), variance.begin());
  }
  const std::span<float> gamma = values(parts.gamma), beta = values(parts.beta);
  for (size_t c = 0; c < channels; ++c) {
    const double inverse = 1 / std::sqrt(variance[c] + unit.norm()->epsilon());
    norm.inverse_deviation[c] = static_cast<float>(inverse);
    norm.scale[c] = static_cast<float>(gamma[c] * inverse);
    norm.shift[c] = static_cast<float>(beta[c] - gamma[c] * inverse * norm.mean[c]);
  }
}

ChannelMoments FusedPlan::compute(const FusedPass& pass, int64_t layer) const {
  const LayerTimer timer(clock_, layer, LayerPass::kForward);
  return layers_[layer]->forward(pass.batch, reads(pass, layer), pass.layers[layer].x);
}

// Computes the outputs of a segment again, to the same bits: BatchNorm uses the statistics of the first time.
void FusedPlan::compute_again(FusedPass& pass, int64_t segment) const {
  const ActivationLayout::Segment& layers = pass.layout.segments[segment];
  for (int64_t layer = layers.begin; layer + 1 < layers.end; ++layer) compute(pass, layer);
  pass.segment = segment;
}

void FusedPlan::forward(FusedPass& pass, const Tensor& images, float* last_values) const {
  pass.images = images;
  const int64_t last = std::ssize(layers_) - 1;
  for (int64_t layer = 0; layer <= last; ++layer) {
    const ChannelMoments moments = compute(pass, layer);
    follow(moments, layers_[layer]->output_rows(pass.batch), layer, pass.layers[layer].norm);
  }
  pass.segment = std::ssize(pass.layout.segments) - 1;
  const LayerOutput output = this->output(pass, last);
  ConstValues added;
  if (residual_from_[last] >= 0) added = pass.layers[residual_from_[last]].kept;
  activate_rows(output.x, output.activation, added, last_values, layers_[last]->output_rows(pass.batch),
                output.channels);
}

void FusedPlan::announce(int64_t layer, const LayerGradients& gradients) const {
  if (!ready_) return;
  const ConvUnit::Parts parts = layers_[layer]->unit().parts();
  ready_(parts.weight, gradients.weight);
  if (parts.gamma.defined()) ready_(parts.gamma, gradients.gamma);
  if (shift_of(parts).defined()) ready_(shift_of(parts), gradients.shift);
  if (parts.slope.defined()) ready_(parts.slope, gradients.slope);
}

std::vector<LayerGradients> FusedPlan::backward(FusedPass& pass, const float* gradient) const {
  const int64_t last = std::ssize(layers_) - 1;
  std::vector<LayerGradients> gradients(layers_.size());
  std::vector<Values> free = pass.gradients;
  const auto take = [&] {
    const Values buffer = free.back();
    free.pop_back();
    return buffer;
  };
  // The gradients of values that a residual has already reached, indexed by the layer that reads the value.
  std::vector<Values> waiting(layers_.size());

  Values g = take();
  const int64_t rows = layers_[last]->output_rows(pass.batch);
  copy_values(gradient, g, rows * channels(last));
  const Strips strips = strips_of(rows);
  GradientStrips top(strips, channels(last));
  const LayerOutput of_last = output(pass, last);
  for (int64_t strip = 0; strip < strips.count(); ++strip) {
    const int64_t at = strips.begin(strip) * of_last.channels;
    top.add(strip, g + at, of_last.x + at, of_last.activation, of_last.mean, strips.end(strip) - strips.begin(strip));
  }
  GradientSums sums = top.merge(of_last.activation.slope != nullptr);

  for (int64_t layer = last; layer >= 0; --layer) {
    const int64_t segment = pass.layout.segment_of(layer);
    if (segment >= 0 && segment != pass.segment) compute_again(pass, segment);
    const LayerTimer timer(clock_, layer, LayerPass::kBackward);
    const FusedLayer& fused = *layers_[layer];
    const LayerOutput out = output(pass, layer);
    const NormState& norm = pass.layers[layer].norm;
    const NormGradient through_norm(
        norm, norm.by_batch ? sum_of_processes(fused.unit().norm()->normalising_together(), sums) : sums);
    gradients[layer] = gradients_of(fused.unit().parts(), norm, sums);
    if (residual_from_[layer] >= 0) waiting[residual_from_[layer]] = g;

    InputGradient input;
    std::optional<GradientStrips> before;
    if (layer > 0) {
      input.add = static_cast<bool>(waiting[layer]);
      input.g = input.add ? waiting[layer] : take();
      input.sums = &before.emplace(fused.input_strips(pass.batch), channels(layer - 1));
    }
    fused.backward(pass.batch, reads(pass, layer), out,
                   {g, {through_norm.through_x.data(), through_norm.constant.data()}}, input, gradients[layer].weight);
    announce(layer, gradients[layer]);
    if (residual_from_[layer] < 0) free.push_back(g);
    if (layer > 0) sums = before->merge(output(pass, layer - 1).activation.slope != nullptr);
    g = input.g;
  }
  return gradients;
}

}  // namespace massface
