#include "backbone/sphereface.h"

#include <array>

#include "backbone/conv_unit.h"
#include "backbone/fused_network.h"
#include "backbone/input_sizes.h"

namespace massface {
namespace {

// Table 2 of the paper, the column of 20 layers.
struct SphereFaceStage {
  int64_t channels;
  int64_t blocks;
};
constexpr std::array<SphereFaceStage, 4> kSphereFaceStages = {{{64, 1}, {128, 2}, {256, 4}, {512, 1}}};
constexpr int64_t kSphereFaceStride = 16;  // of the whole network

constexpr double kBlockDeviation = 0.01;

// How the units of the network look.
struct SphereFaceForm {
  UnitForm reducing, in_block, last;
};

constexpr SphereFaceForm kWithBias = {
    .reducing = {.bias = true, .norm = std::nullopt},
    .in_block = {.bias = true, .norm = std::nullopt, .initial_deviation = kBlockDeviation},
    .last = {.activation = Activation::kLinear, .bias = true, .norm = std::nullopt},
};
constexpr SphereFaceForm kWithBatchNorm = {.reducing = {}, .in_block = {}, .last = {.activation = Activation::kLinear}};

class SphereFace : public Backbone {
 public:
  SphereFace(const SphereFaceForm& form, int64_t embedding_size, int64_t input_height, int64_t input_width)
      : embedding_size_(embedding_size) {
    int64_t channels = 3;
    for (const SphereFaceStage& stage : kSphereFaceStages) {
      const std::string name = "conv" + std::to_string(stages_.size() + 1);
      const auto list = register_module(name, std::make_shared<torch::nn::Module>(name));
      Stage& units = stages_.emplace_back();
      const auto add = [&](const ConvShape& shape, const UnitForm& of_unit) {
        const auto unit = std::make_shared<ConvUnit>(shape, of_unit);
        units.push_back(list->register_module(std::to_string(units.size()), unit));
      };
      add(conv_3x3(channels, stage.channels, 2), form.reducing);
      for (int64_t i = 0; i < 2 * stage.blocks; ++i) add(conv_3x3(stage.channels, stage.channels), form.in_block);
      channels = stage.channels;
    }
    const ConvShape shape =
        fully_connected(channels, embedding_size, {input_height / kSphereFaceStride, input_width / kSphereFaceStride});
    embedding_ = register_module("embedding", std::make_shared<ConvUnit>(shape, form.last));
  }

  int64_t embedding_size() const override { return embedding_size_; }

 protected:
  Tensor forward_layers(const Tensor& images) override { return pass(images).flatten(1); }
  TracedValue trace_layers(const TracedValue& images) override { return pass(images); }

  std::vector<NetworkLayer> layers() const override {
    std::vector<NetworkLayer> layers;
    for (const Stage& units : stages_) {
      layers.push_back({units[0].get()});
      for (size_t i = 1; i < units.size(); i += 2) {
        const int64_t first = std::ssize(layers);
        layers.push_back({units[i].get()});
        layers.push_back({units[i + 1].get(), first});
      }
    }
    layers.push_back({embedding_.get()});
    return layers;
  }

 private:
  using Stage = std::vector<std::shared_ptr<ConvUnit>>;

  template <typename Value>
  Value pass(const Value& images) {
    Value x = images;
    for (const Stage& units : stages_) {
      x = units[0]->forward(x);
      for (size_t i = 1; i < units.size(); i += 2) x = sum_in_place(units[i + 1]->forward(units[i]->forward(x)), x);
    }
    return embedding_->forward(dropped(x));
  }

  int64_t embedding_size_;
  std::vector<Stage> stages_;
  std::shared_ptr<ConvUnit> embedding_;
};

}  // namespace

std::shared_ptr<Backbone> make_sphereface20(int64_t embedding_size, int64_t input_height, int64_t input_width) {
  require_multiples(kSphereFaceStride, input_height, input_width);
  return std::make_shared<SphereFace>(kWithBias, embedding_size, input_height, input_width);
}

std::shared_ptr<Backbone> make_resface20(int64_t embedding_size, int64_t input_height, int64_t input_width) {
  require_multiples(kSphereFaceStride, input_height, input_width);
  return std::make_shared<SphereFace>(kWithBatchNorm, embedding_size, input_height, input_width);
}

}  // namespace massface
