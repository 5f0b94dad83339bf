#include "align/mtcnn_networks.h"

#include <ATen/ATen.h>
#include <fmt/ranges.h>

#include <cmath>

#include "core/error.h"

namespace massface {
namespace {

Tensor tensor_of(const NamedTensors& weights, const std::string& name, at::IntArrayRef shape) {
  const Tensor& tensor = weights.at(name);
  require(tensor.scalar_type() == at::kFloat && tensor.sizes() == shape,
          "the detector's weights: {} has the shape [{}], but MTCNN's has [{}]", name, fmt::join(tensor.sizes(), ", "),
          fmt::join(shape, ", "));
  return tensor.contiguous();
}

std::vector<float> values_of(const Tensor& tensor) {
  const float* data = tensor.const_data_ptr<float>();
  return {data, data + tensor.numel()};
}

// The tensors of one network.
class NetworkReader {
 public:
  NetworkReader(const NamedTensors& weights, std::string network) : weights_(weights), network_(std::move(network)) {}

  std::unique_ptr<ImageConvolution> convolution(int number, int64_t out, int64_t in, int64_t side) const {
    const Tensor kernel = tensor(fmt::format("conv{}.weight", number), {out, in, side, side});
    return ImageConvolution::of({.side = side,
                                 .in_channels = in,
                                 .out_channels = out,
                                 .weight = values_of(kernel.permute({0, 2, 3, 1}).contiguous()),
                                 .bias = values_of(tensor(fmt::format("conv{}.bias", number), {out})),
                                 .slope = values_of(tensor(fmt::format("prelu{}.weight", number), {out}))});
  }

  // The dense layer after the last convolution, of side x side pixels. The published weights take a pixel's channels
  // column by column; here they are stored row by row.
  DenseLayer dense(int number, int64_t out, int64_t channels, int64_t side) const {
    const int64_t depth = channels * side * side;
    const Tensor kernel = tensor(fmt::format("dense{}.weight", number), {out, depth});
    const Tensor by_rows = kernel.reshape({out, side, side, channels}).transpose(1, 2).contiguous();
    return {.weight = PackedMatrix(by_rows.const_data_ptr<float>(), depth, out, 1, depth),
            .bias = values_of(tensor(fmt::format("dense{}.bias", number), {out})),
            .slope = values_of(tensor(fmt::format("prelu{}.weight", number), {out}))};
  }

  // All heads as one layer. Each is a name, and its number of outputs. The published weights of P-Net's are 1x1
  // convolutions.
  DenseLayer heads(const std::vector<std::pair<std::string, int64_t>>& heads, int64_t depth, bool convolutions) const {
    std::vector<Tensor> kernels, biases;
    for (const auto& [name, out] : heads) {
      const Tensor kernel = convolutions ? tensor(name + ".weight", {out, depth, 1, 1}).reshape({out, depth})
                                         : tensor(name + ".weight", {out, depth});
      kernels.push_back(kernel);
      biases.push_back(tensor(name + ".bias", {out}));
    }
    const Tensor kernel = at::cat(kernels).contiguous();
    return {.weight = PackedMatrix(kernel.const_data_ptr<float>(), depth, kernel.size(0), 1, depth),
            .bias = values_of(at::cat(biases).contiguous()),
            .slope = {}};
  }

 private:
  Tensor tensor(const std::string& name, at::IntArrayRef shape) const {
    return tensor_of(weights_, network_ + "." + name, shape);
  }

  const NamedTensors& weights_;
  std::string network_;
};

ProposalNetwork p_net(const NetworkReader& p) {
  return {{p.convolution(1, 10, 3, 3), p.convolution(2, 16, 10, 3), p.convolution(3, 32, 16, 3)},
          p.heads({{"conv4_1", 2}, {"conv4_2", 4}}, 32, /*convolutions=*/true)};
}

CropNetwork r_net(const NetworkReader& r) {
  std::vector<CropNetwork::Stage> stages;
  stages.push_back({r.convolution(1, 28, 3, 3), 3});
  stages.push_back({r.convolution(2, 48, 28, 3), 3});
  stages.push_back({r.convolution(3, 64, 48, 2), 0});
  return {24, std::move(stages), r.dense(4, 128, 64, 3),
          r.heads({{"dense5_1", 2}, {"dense5_2", 4}}, 128, /*convolutions=*/false)};
}

CropNetwork o_net(const NetworkReader& o) {
  std::vector<CropNetwork::Stage> stages;
  stages.push_back({o.convolution(1, 32, 3, 3), 3});
  stages.push_back({o.convolution(2, 64, 32, 3), 3});
  stages.push_back({o.convolution(3, 64, 64, 3), 2});
  stages.push_back({o.convolution(4, 128, 64, 2), 0});
  return {48, std::move(stages), o.dense(5, 256, 128, 3),
          o.heads({{"dense6_1", 2}, {"dense6_2", 4}, {"dense6_3", 10}}, 256, /*convolutions=*/false)};
}

}  // namespace

MtcnnNetworks::MtcnnNetworks(const NamedTensors& weights)
    : propose(p_net({weights, "pnet"})), refine(r_net({weights, "rnet"})), output(o_net({weights, "onet"})) {}

float face_probability(const float* logits) { return 1 / (1 + std::exp(logits[0] - logits[1])); }

}  // namespace massface
