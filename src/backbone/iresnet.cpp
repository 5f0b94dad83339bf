#include "backbone/iresnet.h"

#include <array>

#include "backbone/conv_unit.h"
#include "backbone/input_sizes.h"

namespace massface {
namespace {

constexpr int64_t kIResNetStride = 16;  // of the whole network
constexpr std::array<int64_t, 4> kStageChannels = {64, 128, 256, 512};

using StageBlocks = std::array<int64_t, 4>;  // the number of blocks in each stage

class IResNetBlock : public torch::nn::Module {
 public:
  IResNetBlock(int64_t in_channels, int64_t out_channels, int64_t stride) {
    const auto unit = [this](const char* name, const ConvShape& shape, Activation activation) {
      return register_module(name, std::make_shared<ConvUnit>(shape, activation));
    };
    norm_ = register_module("norm", std::make_shared<BatchNorm>(in_channels));
    first_ = unit("first", conv_3x3(in_channels, out_channels), Activation::kPRelu);
    second_ = unit("second", conv_3x3(out_channels, out_channels, stride), Activation::kLinear);
    if (stride == 1) return;
    shortcut_ = unit("shortcut", {.in_channels = in_channels, .out_channels = out_channels, .stride = stride},
                     Activation::kLinear);
  }

  template <typename Value>
  Value forward(const Value& x) {
    const Value y = second_->forward(first_->forward(norm_->forward(x)));
    return sum_in_place(y, shortcut_ ? shortcut_->forward(x) : x);
  }

  void follow(SizeWalk& walk) const {
    if (shortcut_) walk.beside([&](SizeWalk& branch) { branch.pass(*shortcut_); });
    walk.pass(*first_);
    walk.pass(*second_);
  }

 private:
  std::shared_ptr<BatchNorm> norm_;
  std::shared_ptr<ConvUnit> first_, second_, shortcut_;
};

class IResNet : public Backbone {
 public:
  IResNet(const StageBlocks& stages, int64_t embedding_size, int64_t input_height, int64_t input_width)
      : embedding_size_(embedding_size) {
    stem_ = register_module("stem", std::make_shared<ConvUnit>(conv_3x3(3, kStageChannels[0]), Activation::kPRelu));
    add_blocks(stages);
    const int64_t channels = kStageChannels.back();
    head_norm_ = register_module("head_norm", std::make_shared<BatchNorm>(channels));
    const ConvShape shape =
        fully_connected(channels, embedding_size, {input_height / kIResNetStride, input_width / kIResNetStride});
    const UnitForm form{
        .activation = Activation::kLinear, .bias = true, .norm = BatchNormOptions{.learns_scale = false}};
    embedding_ = register_module("embedding", std::make_shared<ConvUnit>(shape, form));
  }

  int64_t embedding_size() const override { return embedding_size_; }

  int64_t multiply_adds(std::array<int64_t, 2> image_size) const override {
    SizeWalk walk{image_size};
    walk.pass(*stem_);
    for (const auto& block : blocks_) block->follow(walk);
    walk.pass(*embedding_);
    return walk.multiply_adds;
  }

 protected:
  Tensor forward_layers(const Tensor& images) override { return pass(images).flatten(1); }
  TracedValue trace_layers(const TracedValue& images) override { return pass(images); }

 private:
  template <typename Value>
  Value pass(const Value& images) {
    Value x = stem_->forward(images);
    for (const auto& block : blocks_) x = block->forward(x);
    return embedding_->forward(dropped(head_norm_->forward(x)));
  }

  void add_blocks(const StageBlocks& stages) {
    const auto list = register_module("blocks", std::make_shared<torch::nn::Module>("blocks"));
    int64_t channels = kStageChannels[0];
    for (size_t stage = 0; stage < stages.size(); ++stage) {
      for (int64_t i = 0; i < stages[stage]; ++i) {
        auto block = std::make_shared<IResNetBlock>(channels, kStageChannels[stage], /*stride=*/i == 0 ? 2 : 1);
        blocks_.push_back(list->register_module(std::to_string(blocks_.size()), block));
        channels = kStageChannels[stage];
      }
    }
  }

  int64_t embedding_size_;
  std::shared_ptr<ConvUnit> stem_, embedding_;
  std::shared_ptr<BatchNorm> head_norm_;
  std::vector<std::shared_ptr<IResNetBlock>> blocks_;
};

std::shared_ptr<Backbone> make_iresnet(const StageBlocks& stages, int64_t embedding_size, int64_t input_height,
                                       int64_t input_width) {
  require_multiples(kIResNetStride, input_height, input_width);
  return std::make_shared<IResNet>(stages, embedding_size, input_height, input_width);
}

}  // namespace

std::shared_ptr<Backbone> make_iresnet18(int64_t embedding_size, int64_t input_height, int64_t input_width) {
  return make_iresnet({2, 2, 2, 2}, embedding_size, input_height, input_width);
}

std::shared_ptr<Backbone> make_iresnet50(int64_t embedding_size, int64_t input_height, int64_t input_width) {
  return make_iresnet({3, 4, 14, 3}, embedding_size, input_height, input_width);
}

}  // namespace massface
