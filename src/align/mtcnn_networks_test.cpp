#include "align/mtcnn_networks.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>

namespace massface {
namespace {

// Weights of the right shapes, drawn at random.
NamedTensors random_weights() {
  NamedTensors weights;
  const auto add = [&](const std::string& name, std::vector<int64_t> shape) {
    const double depth = shape.size() > 1 ? static_cast<double>(torch::empty(shape).numel() / shape[0]) : 1;
    weights.tensors.emplace_back(name, torch::randn(shape) / std::sqrt(depth));
  };
  const auto layer = [&](const std::string& net, const std::string& kind, int number, std::vector<int64_t> shape) {
    add(net + "." + kind + std::to_string(number) + ".weight", shape);
    add(net + "." + kind + std::to_string(number) + ".bias", {shape[0]});
    add(net + ".prelu" + std::to_string(number) + ".weight", {shape[0]});
  };
  const auto head = [&](const std::string& name, std::vector<int64_t> shape) {
    add(name + ".weight", shape);
    add(name + ".bias", {shape[0]});
  };
  layer("pnet", "conv", 1, {10, 3, 3, 3});
  layer("pnet", "conv", 2, {16, 10, 3, 3});
  layer("pnet", "conv", 3, {32, 16, 3, 3});
  head("pnet.conv4_1", {2, 32, 1, 1});
  head("pnet.conv4_2", {4, 32, 1, 1});
  layer("rnet", "conv", 1, {28, 3, 3, 3});
  layer("rnet", "conv", 2, {48, 28, 3, 3});
  layer("rnet", "conv", 3, {64, 48, 2, 2});
  layer("rnet", "dense", 4, {128, 576});
  head("rnet.dense5_1", {2, 128});
  head("rnet.dense5_2", {4, 128});
  layer("onet", "conv", 1, {32, 3, 3, 3});
  layer("onet", "conv", 2, {64, 32, 3, 3});
  layer("onet", "conv", 3, {64, 64, 3, 3});
  layer("onet", "conv", 4, {128, 64, 2, 2});
  layer("onet", "dense", 5, {256, 1152});
  head("onet.dense6_1", {2, 256});
  head("onet.dense6_2", {4, 256});
  head("onet.dense6_3", {10, 256});
  return weights;
}

// The networks as facenet-pytorch's mtcnn.py writes them, in double precision.
class Reference {
 public:
  explicit Reference(const NamedTensors& weights) : weights_(weights) {}

  Tensor p_net(const Tensor& images) const {
    Tensor x = pool(convolve(images, "pnet", 1), 2);
    x = convolve(convolve(x, "pnet", 2), "pnet", 3);
    return at::cat({torch::conv2d(x, weight("pnet.conv4_1"), bias("pnet.conv4_1")),
                    torch::conv2d(x, weight("pnet.conv4_2"), bias("pnet.conv4_2"))},
                   1);
  }
  Tensor r_net(const Tensor& crops) const {
    Tensor x = pool(convolve(crops, "rnet", 1), 3);
    x = convolve(pool(convolve(x, "rnet", 2), 3), "rnet", 3);
    return heads(dense(x, "rnet", 4), {"rnet.dense5_1", "rnet.dense5_2"});
  }
  Tensor o_net(const Tensor& crops) const {
    Tensor x = pool(convolve(crops, "onet", 1), 3);
    x = pool(convolve(x, "onet", 2), 3);
    x = convolve(pool(convolve(x, "onet", 3), 2), "onet", 4);
    return heads(dense(x, "onet", 5), {"onet.dense6_1", "onet.dense6_2", "onet.dense6_3"});
  }

 private:
  Tensor weight(const std::string& name) const { return weights_.at(name + ".weight").to(at::kDouble); }
  Tensor bias(const std::string& name) const { return weights_.at(name + ".bias").to(at::kDouble); }
  Tensor prelu(const Tensor& x, const std::string& net, int number) const {
    return torch::prelu(x, weight(net + ".prelu" + std::to_string(number)));
  }
  Tensor convolve(const Tensor& x, const std::string& net, int number) const {
    const std::string name = net + ".conv" + std::to_string(number);
    return prelu(torch::conv2d(x, weight(name), bias(name)), net, number);
  }
  static Tensor pool(const Tensor& x, int64_t side) {
    return torch::max_pool2d(x, {side, side}, {2, 2}, {0, 0}, {1, 1}, /*ceil_mode=*/true);
  }
  Tensor dense(const Tensor& x, const std::string& net, int number) const {
    const std::string name = net + ".dense" + std::to_string(number);
    const Tensor by_columns = x.permute({0, 3, 2, 1}).reshape({x.size(0), -1});
    return prelu(torch::linear(by_columns, weight(name), bias(name)), net, number);
  }
  Tensor heads(const Tensor& x, const std::vector<std::string>& names) const {
    std::vector<Tensor> outputs;
    for (const std::string& name : names) outputs.push_back(torch::linear(x, weight(name), bias(name)));
    return at::cat(outputs, 1);
  }

  const NamedTensors& weights_;
};

// Returns images [.., height, width, 3] as the reference takes them.
Tensor planes(const Tensor& pixels) { return pixels.to(at::kDouble).permute({0, 3, 1, 2}); }

double largest_difference(const Tensor& a, const Tensor& b) { return (a - b).abs().max().item<double>(); }

TEST(MtcnnNetworks, OfCropsAreThoseOfTheReference) {
  torch::manual_seed(1);
  const NamedTensors weights = random_weights();
  const MtcnnNetworks networks(weights);
  const Reference reference(weights);
  for (const int64_t count : {1, 3, 70}) {
    const auto compare = [&](const CropNetwork& network, const auto& expected) {
      const Tensor crops = torch::randn({count, network.side(), network.side(), 3});
      std::vector<float> outputs = network.run(crops.const_data_ptr<float>(), count);
      const Tensor ours = torch::from_blob(outputs.data(), {count, network.outputs()});
      EXPECT_LT(largest_difference(ours, expected(planes(crops))), 1e-4) << count << " of " << network.side();
    };
    compare(networks.refine, [&](const Tensor& crops) { return reference.r_net(crops); });
    compare(networks.output, [&](const Tensor& crops) { return reference.o_net(crops); });
  }
}

// Sizes of one window, of odd sides, and of several blocks of windows.
TEST(MtcnnNetworks, ProposalsOfEveryWindowAreThoseOfTheReference) {
  torch::manual_seed(2);
  const NamedTensors weights = random_weights();
  const MtcnnNetworks networks(weights);
  for (const auto& [height, width] :
       {std::pair<int64_t, int64_t>{12, 12}, {13, 30}, {41, 12}, {121, 437}, {204, 203}}) {
    const Tensor image = torch::randn({1, height, width, 3});
    const Tensor expected = Reference(weights).p_net(planes(image))[0].permute({1, 2, 0});
    ASSERT_EQ(expected.size(0), ProposalNetwork::windows(height));
    ASSERT_EQ(expected.size(1), ProposalNetwork::windows(width));
    Tensor ours = torch::full({expected.size(0), expected.size(1), ProposalNetwork::kOutputs}, NAN);
    const auto read = [&](const PixelBox& box, float* out) {
      const Tensor part = image[0].slice(0, box.top, box.bottom).slice(1, box.left, box.right).contiguous();
      ASSERT_EQ(part.numel(), box.height() * box.width() * 3) << "a box within the image";
      std::copy_n(part.const_data_ptr<float>(), part.numel(), out);
    };
    networks.propose.run(height, width, read, [&](int64_t x, int64_t y, int64_t count, const float* outputs) {
      std::copy_n(outputs, count * ProposalNetwork::kOutputs, ours[y][x].mutable_data_ptr<float>());
    });
    EXPECT_LT(largest_difference(ours, expected), 1e-4) << height << " x " << width;
  }
}

TEST(MtcnnNetworks, AProbabilityIsTheSoftmaxOfTwoLogits) {
  const float logits[2] = {1.5f, -0.5f};
  EXPECT_FLOAT_EQ(face_probability(logits), static_cast<float>(std::exp(-0.5) / (std::exp(1.5) + std::exp(-0.5))));
}

}  // namespace
}  // namespace massface
