#include "backbone/backbone.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "backbone/conv_unit.h"
#include "backbone/inception_resnet_v1.h"
#include "backbone/iresnet.h"
#include "backbone/mobilefacenet.h"
#include "backbone/sphereface.h"
#include "core/error.h"
#include "core/files.h"
#include "kernels/bfloat16_product.h"

namespace massface {
namespace {

struct RegisteredBackbone {
  const char* name;
  int64_t default_embedding_size;
  std::shared_ptr<Backbone> (*make)(int64_t embedding_size, int64_t input_height, int64_t input_width);
};

constexpr std::array kBackbones = {
    RegisteredBackbone{"mobilefacenet", 128, make_mobilefacenet},
    RegisteredBackbone{"mobilefacenet_massface", 512, make_mobilefacenet_massface},
    RegisteredBackbone{"iresnet18", 512, make_iresnet18},
    RegisteredBackbone{"iresnet50", 512, make_iresnet50},
    RegisteredBackbone{"sphereface20", 512, make_sphereface20},
    RegisteredBackbone{"resface20", 512, make_resface20},
    RegisteredBackbone{"inception_resnet_v1", 512, make_inception_resnet_v1},
};

constexpr int64_t kMaxEmbeddingSize = 4096;

const RegisteredBackbone& find(const std::string& name) {
  const auto found = std::ranges::find(kBackbones, std::string_view(name), &RegisteredBackbone::name);
  if (found != kBackbones.end()) return *found;
  const std::string nearest = nearest_name(name, backbone_names());
  fail("backbone: there is no network \"{}\".{} Choose one of {}.", printable(name),
       nearest.empty() ? "" : fmt::format(" Did you mean {}?", nearest), fmt::join(backbone_names(), ", "));
}

// "128 for mobilefacenet, 512 for ..."
std::string default_sizes() {
  std::vector<std::string> sizes;
  for (const RegisteredBackbone& backbone : kBackbones) {
    sizes.push_back(fmt::format("{} for {}", backbone.default_embedding_size, backbone.name));
  }
  return fmt::format("{}", fmt::join(sizes, ", "));
}

void draw_weights(const Backbone& network, uint64_t seed) {
  const std::vector<Tensor> parameters = network.parameters();
  for (const auto& module : network.modules()) {
    auto* unit = module->as<ConvUnit>();
    if (unit == nullptr) continue;
    const auto is_weight = [&](const Tensor& parameter) { return parameter.is_same(unit->parts().weight); };
    const auto index = std::ranges::find_if(parameters, is_weight) - parameters.begin();
    unit->draw_weights(Random(seed, RandomStream::kParameterInit, static_cast<uint64_t>(index)));
  }
}

}  // namespace

void BackboneOptions::describe(OptionTable& table) {
  table.add_choice("name", name, backbone_names(), "The network.");
  table.add("embedding_size", embedding_size, {0, kMaxEmbeddingSize},
            fmt::format("Number of dimensions of an embedding (0: the network's default, {}).", default_sizes()));
  table.add_choice("kernels", kernels, kernel_names(),
                   "Kernels to use on a CPU: fast fuses each convolution with its BatchNorm and PReLU; reference "
                   "runs them one after another, which is slower and takes three times the memory.");
  table.add("memory_budget", memory_budget, {0, 1000000},
            "Memory for the activations of a training step and their gradients on a CPU, in megabytes (0: no limit). "
            "Activations that do not fit are computed again in the backward pass, to the same bits.");
  table.add("dropout", dropout, {0, 1},
            "Probability with which each input of the network's last layer is set to 0 in training, below 1 (0: none). "
            "FaceNet has 0.6, most networks for faces none.");
}

Tensor Backbone::forward(const Tensor& images) {
  if (!fast_ || images.dim() != 4) return forward_layers(images);
  const std::array<int64_t, 2> size = {images.size(2), images.size(3)};
  if (folded_ && FoldedNetwork::takes(images)) {
    const FoldedNetwork* network = folded_for(size, has_bfloat16_products() ? automatic_storage() : Storage::kFloat32);
    return network != nullptr ? network->forward(images) : forward_layers(images);
  }
  if (!is_training() || !FusedNetwork::takes(images, normalises_together())) return forward_layers(images);
  FusedNetwork* network = fused_for(size);
  return network != nullptr ? forward_fused(*network, images) : forward_layers(images);
}

// With dropout, the fused pass ends before the embedding layer.
Tensor Backbone::forward_fused(FusedNetwork& network, const Tensor& images) {
  const Tensor y = network.forward(images);
  if (dropout_ == 0) return y;
  return layers().back().unit->forward(dropped(y.dim() == 2 ? y.unsqueeze(2).unsqueeze(3) : y)).flatten(1);
}

Tensor Backbone::dropped(const Tensor& x) const {
  return is_training() && dropout_ > 0 ? dropout(x, dropout_, draw_) : x;
}

void Backbone::set_dropout(double rate) {
  require(rate >= 0 && rate < 1, "backbone.dropout: {} is not at least 0 and below 1.", rate);
  dropout_ = rate;
  fused_ = nullptr;
}

FusedNetwork* Backbone::fused_for(std::array<int64_t, 2> image_size) {
  if (fused_ == nullptr || fused_->image_size() != image_size) {
    std::vector<NetworkLayer> fused = layers();
    if (dropout_ > 0 && !fused.empty()) fused.pop_back();
    fused_ = FusedNetwork::of(fused, image_size, /*ends_in_pixel=*/dropout_ == 0);
  }
  if (fused_ == nullptr) return nullptr;
  fused_->time_layers(clock_);
  fused_->announce_gradients(ready_);
  fused_->set_memory_budget(memory_budget_);
  return fused_.get();
}

void Backbone::require_memory(int64_t batch, std::array<int64_t, 2> image_size, bool bf16) {
  if (!fast_ || memory_budget_ == 0) return;
  const FusedNetwork* network = fused_for(image_size);
  require(network != nullptr,
          "backbone.memory_budget: this network is computed layer by layer, whose memory PyTorch manages; leave the "
          "budget out, or choose a smaller batch.");
  network->require_memory(batch, bf16 ? Storage::kBfloat16 : Storage::kFloat32);
}

const FoldedNetwork* Backbone::folded_for(std::array<int64_t, 2> image_size, Storage storage) {
  const std::scoped_lock lock(mutex_);
  for (const auto& network : for_inference_) {
    if (network->image_size() == image_size && network->storage() == storage) return network.get();
  }
  auto network = FoldedNetwork::of(layers(), image_size, storage);
  return network != nullptr ? for_inference_.emplace_back(std::move(network)).get() : nullptr;
}

void Backbone::time_layers(LayerClock* clock) { clock_ = clock; }

void Backbone::announce_gradients(const GradientReady& ready) { ready_ = ready; }

void Backbone::choose_kernels(const BackboneOptions& options) {
  const std::string& name = options.kernels;
  require(name == "fast" || name == "reference", "backbone.kernels: \"{}\" is neither fast nor reference.",
          printable(name));
  require(name == "fast" || options.memory_budget == 0,
          "backbone.memory_budget needs backbone.kernels=fast: the reference layers keep whatever PyTorch keeps.");
  fast_ = name == "fast";
  memory_budget_ = options.memory_budget * 1000 * 1000;
}

void Backbone::fold_for_inference() {
  for (const auto& module : modules()) {
    if (auto* unit = module->as<ConvUnit>()) unit->fold();
  }
  folded_ = true;
}

NetworkTrace Backbone::trace() {
  NetworkTrace trace;
  trace_layers(TracedValue(trace, NetworkOperation::kImages));
  return trace;
}

void Backbone::set_batch_norm(BatchNormMode mode, std::shared_ptr<Processes> processes) {
  mode_ = mode;
  for (const auto& module : modules()) {
    if (auto* norm = module->as<BatchNorm>()) norm->set_mode(mode, processes);
  }
}

int64_t Backbone::multiply_adds(std::array<int64_t, 2> image_size) const {
  SizeWalk walk{image_size};
  for (const auto& module : modules()) {
    if (const auto* unit = module->as<ConvUnit>()) walk.pass(*unit);
  }
  return walk.multiply_adds;
}

double Backbone::fused_share(std::array<int64_t, 2> image_size) {
  const FusedNetwork* network = fast_ ? fused_for(image_size) : nullptr;
  if (network == nullptr) return 0;
  return static_cast<double>(network->fused_multiply_adds()) / static_cast<double>(multiply_adds(image_size));
}

std::vector<Tensor> Backbone::statistics_of_share() const {
  return mode_ == BatchNormMode::kBatch ? buffers() : std::vector<Tensor>();
}

bool is_embedding_layer(std::string_view parameter) {
  return parameter.starts_with("embedding.") || parameter.starts_with("head_linear.");
}

std::vector<std::string> kernel_names() { return {"fast", "reference"}; }

std::vector<std::string> backbone_names() {
  std::vector<std::string> names;
  for (const RegisteredBackbone& backbone : kBackbones) names.emplace_back(backbone.name);
  return names;
}

int64_t default_embedding_size(const std::string& name) { return find(name).default_embedding_size; }

std::shared_ptr<Backbone> make_backbone(const BackboneOptions& options, int64_t input_height, int64_t input_width,
                                        std::optional<uint64_t> seed) {
  const RegisteredBackbone& registered = find(options.name);
  require(options.embedding_size >= 0 && options.embedding_size <= kMaxEmbeddingSize,
          "embedding_size: {} is not between 0 and {}.", options.embedding_size, kMaxEmbeddingSize);
  const int64_t size = options.embedding_size > 0 ? options.embedding_size : registered.default_embedding_size;
  auto network = registered.make(size, input_height, input_width);
  network->choose_kernels(options);
  network->set_dropout(options.dropout);
  if (seed) draw_weights(*network, *seed);
  return network;
}

double flops_per_image(const Backbone& network, int64_t input_height, int64_t input_width) {
  return 2.0 * static_cast<double>(network.multiply_adds({input_height, input_width}));
}

}  // namespace massface
