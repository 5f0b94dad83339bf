#include "backbone/inception_resnet_v1.h"

#include <vector>

#include "backbone/conv_unit.h"
#include "core/error.h"

namespace massface {
namespace {

constexpr int64_t kLeastPixels = 75;
constexpr BatchNormOptions kInceptionNorm = {.epsilon = 1e-3};
constexpr UnitForm kInceptionUnit = {.activation = Activation::kRelu, .norm = kInceptionNorm};

// A unit of a branch. Those with stride 1 keep the size of the image, those with stride 2 have no padding.
struct BranchUnit {
  int64_t channels;
  int64_t kernel_height = 1;
  int64_t kernel_width = 1;
  int64_t stride = 1;

  ConvShape shape(int64_t in_channels) const {
    const auto padding = [&](int64_t kernel) { return stride == 1 ? kernel / 2 : 0; };
    return {in_channels, channels, kernel_height, kernel_width, stride, padding(kernel_height), padding(kernel_width)};
  }
};
using BranchUnits = std::vector<BranchUnit>;

// The size after max_pooled().
std::array<int64_t, 2> pooled(std::array<int64_t, 2> size) { return {(size[0] - 3) / 2 + 1, (size[1] - 3) / 2 + 1}; }

// Branches that read the same input, and whose outputs are joined by channels.
class Inception : public torch::nn::Module {
 public:
  Inception(int64_t in_channels, const std::vector<BranchUnits>& branches) {
    for (const BranchUnits& units : branches) {
      const std::string name = "branch" + std::to_string(branches_.size());
      const auto list = register_module(name, std::make_shared<torch::nn::Module>(name));
      auto& branch = branches_.emplace_back();
      int64_t channels = in_channels;
      for (const BranchUnit& unit : units) {
        const auto made = std::make_shared<ConvUnit>(unit.shape(channels), kInceptionUnit);
        branch.push_back(list->register_module(std::to_string(branch.size()), made));
        channels = unit.channels;
      }
      out_channels_ += channels;
    }
  }

  template <typename Value>
  std::vector<Value> outputs(const Value& x) const {
    std::vector<Value> outputs;
    for (const auto& branch : branches_) {
      Value y = x;
      for (const auto& unit : branch) y = unit->forward(y);
      outputs.push_back(y);
    }
    return outputs;
  }

  int64_t out_channels() const { return out_channels_; }

  void follow_branches(SizeWalk& walk) const {
    for (const auto& branch : branches_) {
      walk.beside([&](SizeWalk& own) {
        for (const auto& unit : branch) own.pass(*unit);
      });
    }
  }

 private:
  std::vector<std::vector<std::shared_ptr<ConvUnit>>> branches_;
  int64_t out_channels_ = 0;
};

// Halves the image; a max pooling is one more branch.
class Reduction : public Inception {
 public:
  using Inception::Inception;

  template <typename Value>
  Value forward(const Value& x) const {
    std::vector<Value> joined = outputs(x);
    joined.push_back(max_pooled(x));
    return concatenated(joined);
  }
  void follow(SizeWalk& walk) const {
    follow_branches(walk);
    walk.size = pooled(walk.size);
  }
};

// relu(x + scale * up(branches)), or without ReLU.
class InceptionBlock : public Inception {
 public:
  InceptionBlock(int64_t channels, const std::vector<BranchUnits>& branches, double scale, bool has_relu)
      : Inception(channels, branches), scale_(scale), has_relu_(has_relu) {
    const UnitForm form{.activation = Activation::kLinear, .bias = true, .norm = std::nullopt};
    up_ = register_module("up", std::make_shared<ConvUnit>(pointwise(out_channels(), channels), form));
  }

  template <typename Value>
  Value forward(const Value& x) const {
    const Value sum = sum_of(x, up_->forward(concatenated(outputs(x))), scale_);
    return has_relu_ ? relu_in_place(sum) : sum;
  }
  void follow(SizeWalk& walk) const {
    follow_branches(walk);
    walk.pass(*up_);
  }

 private:
  double scale_;
  bool has_relu_;
  std::shared_ptr<ConvUnit> up_;
};

using InceptionBlocks = std::vector<std::shared_ptr<InceptionBlock>>;

class InceptionResNet : public Backbone {
 public:
  explicit InceptionResNet(int64_t embedding_size) : embedding_size_(embedding_size) {
    conv_1a_ = unit("conv_1a", {3, 32, 3, 3, 2});
    conv_2a_ = unit("conv_2a", {32, 32, 3, 3});
    conv_2b_ = unit("conv_2b", conv_3x3(32, 64));
    conv_3b_ = unit("conv_3b", pointwise(64, 80));
    conv_4a_ = unit("conv_4a", {80, 192, 3, 3});
    conv_4b_ = unit("conv_4b", {192, 256, 3, 3, 2});
    blocks35_ = blocks("blocks35", 5, 256, {{{32}}, {{32}, {32, 3, 3}}, {{32}, {32, 3, 3}, {32, 3, 3}}}, 0.17);
    mixed_6a_ = reduction("mixed_6a", 256, {{{384, 3, 3, 2}}, {{192}, {192, 3, 3}, {256, 3, 3, 2}}});
    blocks17_ = blocks("blocks17", 10, 896, {{{128}}, {{128}, {128, 1, 7}, {128, 7, 1}}}, 0.10);
    mixed_7a_ = reduction("mixed_7a", 896,
                          {{{256}, {384, 3, 3, 2}}, {{256}, {256, 3, 3, 2}}, {{256}, {256, 3, 3}, {256, 3, 3, 2}}});
    blocks8_ =
        blocks("blocks8", 6, 1792, {{{192}}, {{192}, {192, 1, 3}, {192, 3, 1}}}, 0.20, /*ends_in_plain_sum=*/true);
    const UnitForm linear{.activation = Activation::kLinear, .norm = kInceptionNorm};
    embedding_ = register_module("embedding", std::make_shared<ConvUnit>(pointwise(1792, embedding_size), linear));
  }

  int64_t embedding_size() const override { return embedding_size_; }

  int64_t multiply_adds(std::array<int64_t, 2> image_size) const override {
    SizeWalk walk{image_size};
    for (const auto& unit : {conv_1a_, conv_2a_, conv_2b_}) walk.pass(*unit);
    walk.size = pooled(walk.size);
    for (const auto& unit : {conv_3b_, conv_4a_, conv_4b_}) walk.pass(*unit);
    for (const auto& block : blocks35_) block->follow(walk);
    mixed_6a_->follow(walk);
    for (const auto& block : blocks17_) block->follow(walk);
    mixed_7a_->follow(walk);
    for (const auto& block : blocks8_) block->follow(walk);
    walk.size = {1, 1};
    walk.pass(*embedding_);
    return walk.multiply_adds;
  }

 protected:
  Tensor forward_layers(const Tensor& images) override { return pass(images).flatten(1); }
  TracedValue trace_layers(const TracedValue& images) override { return pass(images); }

 private:
  template <typename Value>
  Value pass(const Value& images) {
    Value x = conv_2b_->forward(conv_2a_->forward(conv_1a_->forward(images)));
    x = conv_4b_->forward(conv_4a_->forward(conv_3b_->forward(max_pooled(x))));
    for (const auto& block : blocks35_) x = block->forward(x);
    x = mixed_6a_->forward(x);
    for (const auto& block : blocks17_) x = block->forward(x);
    x = mixed_7a_->forward(x);
    for (const auto& block : blocks8_) x = block->forward(x);
    return embedding_->forward(dropped(averaged(x)));
  }

  std::shared_ptr<ConvUnit> unit(const char* name, const ConvShape& shape) {
    return register_module(name, std::make_shared<ConvUnit>(shape, kInceptionUnit));
  }

  std::shared_ptr<Reduction> reduction(const char* name, int64_t channels, const std::vector<BranchUnits>& branches) {
    return register_module(name, std::make_shared<Reduction>(channels, branches));
  }

  InceptionBlocks blocks(const char* name, int64_t count, int64_t channels, const std::vector<BranchUnits>& branches,
                         double scale, bool ends_in_plain_sum = false) {
    const auto list = register_module(name, std::make_shared<torch::nn::Module>(name));
    InceptionBlocks made;
    for (int64_t i = 0; i < count; ++i) {
      // The last block of the network has neither a scale nor ReLU.
      const bool is_plain = ends_in_plain_sum && i + 1 == count;
      const auto block = std::make_shared<InceptionBlock>(channels, branches, is_plain ? 1 : scale, !is_plain);
      made.push_back(list->register_module(std::to_string(i), block));
    }
    return made;
  }

  int64_t embedding_size_;
  std::shared_ptr<ConvUnit> conv_1a_, conv_2a_, conv_2b_, conv_3b_, conv_4a_, conv_4b_, embedding_;
  std::shared_ptr<Reduction> mixed_6a_, mixed_7a_;
  InceptionBlocks blocks35_, blocks17_, blocks8_;
};

}  // namespace

std::shared_ptr<Backbone> make_inception_resnet_v1(int64_t embedding_size, int64_t input_height, int64_t input_width) {
  require(input_height >= kLeastPixels && input_width >= kLeastPixels,
          "input: this network takes images of at least {} x {} pixels, not {} high and {} wide. Choose for instance "
          "112 and 112.",
          kLeastPixels, kLeastPixels, input_height, input_width);
  return std::make_shared<InceptionResNet>(embedding_size);
}

}  // namespace massface
