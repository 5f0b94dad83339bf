#pragma once

#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "backbone/backbone.h"

namespace massface {

// For tests: one image, [channels, height, width], in double.
struct NaiveImage {
  int64_t channels, height, width;
  std::vector<double> values;

  NaiveImage(int64_t c, int64_t h, int64_t w)
      : channels(c), height(h), width(w), values(static_cast<size_t>(c * h * w), 0.0) {}
  double& at(int64_t c, int64_t y, int64_t x) { return values[static_cast<size_t>((c * height + y) * width + x)]; }
};

// For tests: the layers of a network in evaluation mode as plain loops over the weights by their names, without any
// code of the networks or of PyTorch. The weights are copied.
class NaiveLayers {
 public:
  explicit NaiveLayers(const Backbone& network, double epsilon = 1e-5) : epsilon_(epsilon) {
    for (const auto& item : network.named_parameters()) add(item.key(), item.value());
    for (const auto& item : network.named_buffers()) add(item.key(), item.value());
  }

  // NAME.weight [out, in, kH, kW] and perhaps NAME.bias.
  NaiveImage conv(const std::string& name, NaiveImage x, int64_t stride = 1, int64_t pad_height = 0,
                  int64_t pad_width = 0) const {
    const Weight& weight = weights_.at(name + ".weight");
    const int64_t out = weight.sizes[0], in = weight.sizes[1], rows = weight.sizes[2], columns = weight.sizes[3];
    NaiveImage y(out, (x.height + 2 * pad_height - rows) / stride + 1,
                 (x.width + 2 * pad_width - columns) / stride + 1);
    for (int64_t o = 0; o < out; ++o) {
      const double bias = weights_.contains(name + ".bias") ? weights_.at(name + ".bias").values[o] : 0;
      for (int64_t top = 0; top < y.height; ++top) {
        for (int64_t left = 0; left < y.width; ++left) {
          double sum = bias;
          for (int64_t i = 0; i < in; ++i) {
            for (int64_t r = 0; r < rows; ++r) {
              for (int64_t c = 0; c < columns; ++c) {
                const int64_t row = top * stride + r - pad_height, column = left * stride + c - pad_width;
                if (row < 0 || row >= x.height || column < 0 || column >= x.width) continue;
                sum += weight.values[((o * in + i) * rows + r) * columns + c] * x.at(i, row, column);
              }
            }
          }
          y.at(o, top, left) = sum;
        }
      }
    }
    return y;
  }

  // NAME.weight, .bias, .running_mean, .running_var.
  NaiveImage norm(const std::string& name, NaiveImage x) const {
    return per_channel(std::move(x), [&](int64_t c, double value) {
      const auto of = [&](const char* part) { return weights_.at(name + part).values[c]; };
      return (value - of(".running_mean")) / std::sqrt(of(".running_var") + epsilon_) * of(".weight") + of(".bias");
    });
  }

  NaiveImage prelu(const std::string& name, NaiveImage x) const {
    return per_channel(std::move(x), [&](int64_t c, double value) {
      return value > 0 ? value : weights_.at(name + ".weight").values[c] * value;
    });
  }

  // A ConvUnit's parts, of which BatchNorm and PReLU may be missing.
  NaiveImage unit(const std::string& name, const NaiveImage& x, int64_t stride = 1, int64_t pad_height = 0,
                  int64_t pad_width = 0) const {
    NaiveImage y = conv(name + ".conv", x, stride, pad_height, pad_width);
    if (weights_.contains(name + ".norm.weight")) y = norm(name + ".norm", std::move(y));
    return weights_.contains(name + ".prelu.weight") ? prelu(name + ".prelu", std::move(y)) : y;
  }

  static NaiveImage relu(NaiveImage x) {
    return per_channel(std::move(x), [](int64_t, double value) { return std::max(value, 0.0); });
  }
  // x + factor * y.
  static NaiveImage sum(NaiveImage x, const NaiveImage& y, double factor = 1) {
    for (size_t i = 0; i < x.values.size(); ++i) x.values[i] += factor * y.values[i];
    return x;
  }

 private:
  struct Weight {
    std::vector<int64_t> sizes;
    std::vector<double> values;
  };

  void add(const std::string& name, const Tensor& tensor) {
    const Tensor numbers = tensor.detach().to(at::kDouble).contiguous();
    const double* first = numbers.const_data_ptr<double>();
    weights_[name] = {numbers.sizes().vec(), {first, first + numbers.numel()}};
  }

  template <typename Function>
  static NaiveImage per_channel(NaiveImage x, const Function& function) {
    const int64_t pixels = x.height * x.width;
    for (int64_t i = 0; i < std::ssize(x.values); ++i) x.values[i] = function(i / pixels, x.values[i]);
    return x;
  }

  double epsilon_;
  std::map<std::string, Weight> weights_;
};

// images: [B, 3, H, W]. Returns image b.
inline NaiveImage naive_image(const Tensor& images, int64_t b) {
  const Tensor image = images[b].to(at::kDouble).contiguous();
  NaiveImage result(image.size(0), image.size(1), image.size(2));
  std::copy_n(image.const_data_ptr<double>(), image.numel(), result.values.begin());
  return result;
}

// Compares the network's embeddings of some images, before and after folding, with those that `naive` computes for each
// image alone. epsilon: of BatchNorm. Changes the network's weights and statistics first, so that each of them matters.
template <typename Naive>
void expect_naive_embeddings(Backbone& network, const Tensor& images, const Naive& naive, double epsilon = 1e-5) {
  const at::NoGradGuard no_grad;
  torch::manual_seed(12);
  for (Tensor& parameter : network.parameters()) {
    if (parameter.dim() == 1) parameter.add_(0.2 * torch::randn_like(parameter));
  }
  for (Tensor& buffer : network.buffers()) buffer.add_(0.5 * torch::rand_like(buffer));
  network.eval();
  const NaiveLayers layers(network, epsilon);
  const Tensor embeddings = network.forward(images);
  network.fold_for_inference();
  const Tensor folded = network.forward(images);
  for (int64_t b = 0; b < images.size(0); ++b) {
    const NaiveImage expected = naive(layers, naive_image(images, b));
    ASSERT_EQ(std::ssize(expected.values), network.embedding_size());
    const Tensor truth = torch::tensor(expected.values, at::kDouble);
    const double scale = truth.norm().item<double>();
    EXPECT_LT((embeddings[b].to(at::kDouble) - truth).norm().item<double>(), 1e-5 * scale) << b;
    EXPECT_LT((folded[b].to(at::kDouble) - truth).norm().item<double>(), 1e-5 * scale) << b;
  }
}

}  // namespace massface
