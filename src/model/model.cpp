#include "model/model.h"

#include <ATen/autocast_mode.h>
#include <fmt/ranges.h>

#include <charconv>
#include <set>

#include "core/error.h"
#include "core/files.h"
#include "kernels/device.h"
#include "kernels/normalize_images.h"

namespace massface {
namespace {

constexpr const char* kFormat = "massface-model-1";

// Runs the network's convolutions in bf16 during its lifetime; BatchNorm's statistics stay float32.
class Bf16Scope {
 public:
  Bf16Scope(at::DeviceType device, bool enabled) : device_(device), before_(at::autocast::is_autocast_enabled(device)) {
    if (enabled) at::autocast::set_autocast_dtype(device, at::kBFloat16);
    at::autocast::set_autocast_enabled(device, enabled);
    at::autocast::increment_nesting();
  }
  ~Bf16Scope() {
    // The cache holds bf16 copies of the weights, which the optimizer is about to change.
    if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
    at::autocast::set_autocast_enabled(device_, before_);
  }
  Bf16Scope(const Bf16Scope&) = delete;
  Bf16Scope& operator=(const Bf16Scope&) = delete;

 private:
  at::DeviceType device_;
  bool before_;
};

// The network's own tensors by name: parameters first, then buffers.
std::vector<std::pair<std::string, Tensor>> weights_of(const Backbone& network) {
  std::vector<std::pair<std::string, Tensor>> weights;
  for (const auto& item : network.named_parameters()) weights.emplace_back(item.key(), item.value());
  for (const auto& item : network.named_buffers()) weights.emplace_back(item.key(), item.value());
  return weights;
}

class MetadataReader {
 public:
  MetadataReader(const NamedTensors& tensors, std::string source)
      : metadata_(tensors.metadata), source_(std::move(source)) {}

  const std::string& text(const std::string& name) const {
    const auto found = metadata_.find(name);
    require(found != metadata_.end(), "{}: its metadata lacks \"{}\". Export the model again.", source_, name);
    return found->second;
  }

  template <typename Number>
  Number number(const std::string& name, Number min, Number max) const {
    const std::string& value = text(name);
    Number number{};
    const auto [end, mistake] = std::from_chars(value.data(), value.data() + value.size(), number);
    const bool whole = mistake == std::errc() && end == value.data() + value.size();
    require(whole && number >= min && number <= max, "{}: its {} is \"{}\", not a number from {} to {}.", source_, name,
            printable(value), min, max);
    return number;
  }

 private:
  const std::map<std::string, std::string>& metadata_;
  std::string source_;
};

void copy_weights(const NamedTensors& tensors, const std::string& source, const Backbone& network) {
  const at::NoGradGuard no_grad;
  std::map<std::string, Tensor> stored(tensors.tensors.begin(), tensors.tensors.end());
  for (auto& [name, weight] : weights_of(network)) {
    const auto found = stored.find(name);
    require(found != stored.end(), "{}: it lacks the tensor {}.", source, name);
    const Tensor& value = found->second;
    require(value.sizes() == weight.sizes() && value.scalar_type() == weight.scalar_type(),
            "{}: the tensor {} is {} [{}], but the network needs {} [{}].", source, name,
            c10::toString(value.scalar_type()), fmt::join(value.sizes(), ", "), c10::toString(weight.scalar_type()),
            fmt::join(weight.sizes(), ", "));
    weight.copy_(value);
    stored.erase(found);
  }
  require(stored.empty(), "{}: it has the tensor {}, which the network does not have.", source,
          stored.empty() ? "" : printable(stored.begin()->first));
}

}  // namespace

void InputFormat::describe(OptionTable& table) {
  table.add("height", height, {1, 1024},
            "Height of the network's input in pixels (docs/backbones.md names the sizes that a network takes).");
  table.add("width", width, {1, 1024}, "Width of the network's input in pixels.");
  table.add_choice("channel_order", channel_order, {"rgb", "bgr"}, "Order of the colours in the network's input.");
  table.add("mean", mean, {-1e6, 1e6}, "A pixel x becomes (x - mean) / scale.");
  table.add("scale", scale, {1e-6, 1e6}, "A pixel x becomes (x - mean) / scale.");
}

Model make_model(BackboneOptions backbone, const InputFormat& input, std::optional<uint64_t> seed) {
  Model model{.backbone = std::move(backbone), .input = input, .network = nullptr};
  model.network = make_backbone(model.backbone, input.height, input.width, seed);
  model.backbone.embedding_size = model.network->embedding_size();
  return model;
}

Tensor network_input(const Model& model, const Tensor& images) {
  require(
      images.size(1) == model.input.height && images.size(2) == model.input.width,
      "An image is {} high and {} wide, but the network takes {} x {}. Align the images first (`massface align`), or "
      "resize them.",
      images.size(1), images.size(2), model.input.height, model.input.width);
  const at::Device device = model.network->parameters().front().device();
  return normalize_images(to_device(images, device), model.input.mean, model.input.scale,
                          model.input.channel_order == "bgr");
}

Tensor forward_pixels(const Model& model, const Tensor& pixels, bool bf16) {
  const Bf16Scope scope(pixels.device().type(), bf16);
  return model.network->forward(pixels).to(at::kFloat);
}

Tensor forward(const Model& model, const Tensor& images, bool bf16) {
  return forward_pixels(model, network_input(model, images), bf16);
}

NamedTensors to_tensors(const Model& model) {
  NamedTensors tensors;
  tensors.metadata = {{"format", kFormat},
                      {"backbone", model.backbone.name},
                      {"embedding_size", fmt::format("{}", model.backbone.embedding_size)},
                      {"input_height", fmt::format("{}", model.input.height)},
                      {"input_width", fmt::format("{}", model.input.width)},
                      {"channel_order", model.input.channel_order},
                      {"mean", fmt::format("{}", model.input.mean)},
                      {"scale", fmt::format("{}", model.input.scale)}};
  for (auto& [name, weight] : weights_of(*model.network)) tensors.tensors.emplace_back(name, weight.detach());
  return tensors;
}

Model from_tensors(const NamedTensors& tensors, const std::string& source) {
  const std::string name = printable(source);
  const auto format = tensors.metadata.find("format");
  require(format != tensors.metadata.end() && format->second == kFormat,
          "{}: not a MassFace model: its format is \"{}\", not \"{}\".", name,
          format == tensors.metadata.end() ? "" : printable(format->second), kFormat);

  const MetadataReader metadata(tensors, name);
  InputFormat input;
  input.height = metadata.number<int64_t>("input_height", 16, 1024);
  input.width = metadata.number<int64_t>("input_width", 16, 1024);
  input.channel_order = metadata.text("channel_order");
  input.mean = metadata.number<double>("mean", -1e6, 1e6);
  input.scale = metadata.number<double>("scale", 1e-6, 1e6);
  require(input.channel_order == "rgb" || input.channel_order == "bgr",
          "{}: its channel_order is \"{}\", not rgb or bgr.", name, printable(input.channel_order));
  BackboneOptions backbone;
  backbone.name = metadata.text("backbone");
  backbone.embedding_size = metadata.number<int64_t>("embedding_size", 1, 4096);

  try {
    Model model = make_model(backbone, input, /*seed=*/std::nullopt);
    copy_weights(tensors, name, *model.network);
    return model;
  } catch (const Error& error) {
    const std::string message = error.what();
    if (message.starts_with(name)) throw;
    fail("{}: {}", name, message);
  }
}

Model from_tensors(const NamedTensors& tensors, const std::string& source, const BackboneOptions& wanted,
                   at::Device device) {
  Model model = from_tensors(tensors, source);
  choose_kernels(model, wanted);
  model.network->to(device);
  return model;
}

Model copy_of(const Model& model) {
  return from_tensors(to_tensors(model), "the model", {.kernels = model.backbone.kernels},
                      model.network->parameters().front().device());
}

void choose_kernels(Model& model, const BackboneOptions& wanted) {
  model.network->choose_kernels(wanted);
  model.network->set_dropout(wanted.dropout);
  model.backbone.dropout = wanted.dropout;
  model.backbone.kernels = wanted.kernels;
  model.backbone.memory_budget = wanted.memory_budget;
}

void save_model(const std::filesystem::path& path, const Model& model) { write_safetensors(path, to_tensors(model)); }

Model load_model(const std::filesystem::path& path) { return from_tensors(read_safetensors(path), path.string()); }

}  // namespace massface
