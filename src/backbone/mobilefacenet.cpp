#include "backbone/mobilefacenet.h"

#include <array>

#include "backbone/conv_unit.h"
#include "backbone/fused_network.h"
#include "backbone/input_sizes.h"
#include "core/error.h"

namespace massface {
namespace {

// A row of the paper's table 1: `repeats` bottlenecks to `channels`, the first with `stride`, each widened to
// `expansion` times its input.
struct Bottlenecks {
  int64_t expansion;
  int64_t channels;
  int64_t repeats;
  int64_t stride;
};

constexpr std::array<Bottlenecks, 5> kTable = {
    {{2, 64, 5, 2}, {4, 128, 1, 2}, {2, 128, 6, 1}, {4, 128, 1, 2}, {2, 128, 2, 1}}};
constexpr int64_t kStemChannels = 64;
constexpr int64_t kHeadChannels = 512;
constexpr int64_t kTotalStride = 16;

class Bottleneck : public torch::nn::Module {
 public:
  Bottleneck(int64_t in_channels, int64_t out_channels, int64_t expansion, int64_t stride)
      : residual_(stride == 1 && in_channels == out_channels) {
    const int64_t wide = in_channels * expansion;
    const auto unit = [this](const char* name, const ConvShape& shape, Activation activation) {
      return register_module(name, std::make_shared<ConvUnit>(shape, activation));
    };
    expand_ = unit("expand", pointwise(in_channels, wide), Activation::kPRelu);
    depthwise_ = unit("depthwise", depthwise_3x3(wide, stride), Activation::kPRelu);
    project_ = unit("project", pointwise(wide, out_channels), Activation::kLinear);
  }

  template <typename Value>
  Value forward(const Value& x) {
    Value y = project_->forward(depthwise_->forward(expand_->forward(x)));
    return residual_ ? sum_in_place(y, x) : y;
  }

  // Appends the block's layers in order.
  void add_layers(std::vector<NetworkLayer>& layers) const {
    const int64_t first = std::ssize(layers);
    layers.push_back({expand_.get()});
    layers.push_back({depthwise_.get()});
    layers.push_back({project_.get(), residual_ ? first : -1});
  }

  // See ConvUnit::absorb; no residual may read the output of `before`.
  void absorb(const ConvUnit& before) {
    check(!residual_, "no residual reads the absorbed unit");
    expand_->absorb(before);
  }

 private:
  bool residual_;
  std::shared_ptr<ConvUnit> expand_, depthwise_, project_;
};

class MobileFaceNet : public Backbone {
 public:
  MobileFaceNet(bool linear_layers, int64_t embedding_size, int64_t input_height, int64_t input_width)
      : embedding_size_(embedding_size) {
    stem_ = unit("stem", conv_3x3(3, kStemChannels, 2), Activation::kPRelu);
    stem_depthwise_ = unit("stem_depthwise", depthwise_3x3(kStemChannels, 1), Activation::kPRelu);
    if (linear_layers) stem_linear_ = unit("stem_linear", pointwise(kStemChannels, kStemChannels), Activation::kLinear);
    add_bottlenecks();
    const int64_t channels = kTable.back().channels;
    head_ = unit("head", pointwise(channels, kHeadChannels), Activation::kPRelu);
    const ConvShape global{.in_channels = kHeadChannels,
                           .out_channels = kHeadChannels,
                           .kernel_height = input_height / kTotalStride,
                           .kernel_width = input_width / kTotalStride,
                           .groups = kHeadChannels};
    head_depthwise_ = unit("head_depthwise", global, Activation::kLinear);
    if (linear_layers) head_linear_ = unit("head_linear", pointwise(kHeadChannels, kHeadChannels), Activation::kLinear);
    embedding_ = unit("embedding", pointwise(kHeadChannels, embedding_size), Activation::kLinear);
  }

  int64_t embedding_size() const override { return embedding_size_; }

  void fold_for_inference() override {
    Backbone::fold_for_inference();
    if (!stem_linear_) return;
    blocks_.front()->absorb(*stem_linear_);
    embedding_->absorb(*head_linear_);
    unregister_module("stem_linear");
    unregister_module("head_linear");
    stem_linear_ = head_linear_ = nullptr;
  }

 protected:
  Tensor forward_layers(const Tensor& images) override { return pass(images).flatten(1); }
  TracedValue trace_layers(const TracedValue& images) override { return pass(images); }

  std::vector<NetworkLayer> layers() const override {
    std::vector<NetworkLayer> layers{{stem_.get()}, {stem_depthwise_.get()}};
    if (stem_linear_) layers.push_back({stem_linear_.get()});
    for (const auto& block : blocks_) block->add_layers(layers);
    layers.push_back({head_.get()});
    layers.push_back({head_depthwise_.get()});
    if (head_linear_) layers.push_back({head_linear_.get()});
    layers.push_back({embedding_.get()});
    return layers;
  }

 private:
  template <typename Value>
  Value pass(const Value& images) {
    Value x = stem_depthwise_->forward(stem_->forward(images));
    if (stem_linear_) x = stem_linear_->forward(x);
    for (const auto& block : blocks_) x = block->forward(x);
    x = head_depthwise_->forward(head_->forward(x));
    if (head_linear_) x = head_linear_->forward(x);
    return embedding_->forward(dropped(x));
  }

  std::shared_ptr<ConvUnit> unit(const char* name, const ConvShape& shape, Activation activation) {
    return register_module(name, std::make_shared<ConvUnit>(shape, activation));
  }

  void add_bottlenecks() {
    const auto list = register_module("blocks", std::make_shared<torch::nn::Module>("blocks"));
    int64_t channels = kStemChannels;
    for (const Bottlenecks& row : kTable) {
      for (int64_t i = 0; i < row.repeats; ++i) {
        const int64_t stride = i == 0 ? row.stride : 1;
        auto block = std::make_shared<Bottleneck>(channels, row.channels, row.expansion, stride);
        blocks_.push_back(list->register_module(std::to_string(blocks_.size()), block));
        channels = row.channels;
      }
    }
  }

  int64_t embedding_size_;
  std::shared_ptr<ConvUnit> stem_, stem_depthwise_, stem_linear_;
  std::vector<std::shared_ptr<Bottleneck>> blocks_;
  std::shared_ptr<ConvUnit> head_, head_depthwise_, head_linear_, embedding_;
};

std::shared_ptr<Backbone> make(bool linear_layers, int64_t embedding_size, int64_t input_height, int64_t input_width) {
  require_multiples(kTotalStride, input_height, input_width);
  return std::make_shared<MobileFaceNet>(linear_layers, embedding_size, input_height, input_width);
}

}  // namespace

std::shared_ptr<Backbone> make_mobilefacenet(int64_t embedding_size, int64_t input_height, int64_t input_width) {
  return make(/*linear_layers=*/false, embedding_size, input_height, input_width);
}

std::shared_ptr<Backbone> make_mobilefacenet_massface(int64_t embedding_size, int64_t input_height,
                                                      int64_t input_width) {
  return make(/*linear_layers=*/true, embedding_size, input_height, input_width);
}

}  // namespace massface
