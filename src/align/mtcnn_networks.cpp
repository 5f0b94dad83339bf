#include "align/mtcnn_networks.h"

#include <fmt/ranges.h>
#include <torch/torch.h>

#include "core/error.h"
#include "kernels/prelu.h"

namespace massface {
namespace {

Tensor tensor_of(const NamedTensors& weights, const std::string& name, at::IntArrayRef shape) {
  const Tensor& tensor = weights.at(name);
  require(tensor.scalar_type() == at::kFloat && tensor.sizes() == shape,
          "the detector's weights: {} has the shape [{}], but MTCNN's has [{}]", name, fmt::join(tensor.sizes(), ", "),
          fmt::join(shape, ", "));
  return tensor;
}

// Ceil mode: the last window may extend beyond the edge.
Tensor pool(const Tensor& x, int64_t side) {
  return at::max_pool2d(x, {side, side}, {2, 2}, {0, 0}, {1, 1}, /*ceil_mode=*/true);
}

// The softmax probability of the second of two logits.
Tensor second_of_softmax(const Tensor& logits) { return (logits.select(1, 1) - logits.select(1, 0)).sigmoid(); }

Tensor rows_of_pixels(const Tensor& x) { return x.permute({0, 2, 3, 1}).reshape({-1, x.size(1)}); }

Tensor flat(const Tensor& x) { return x.permute({0, 2, 3, 1}).reshape({x.size(0), -1}); }

}  // namespace

MtcnnNetworks::Layer MtcnnNetworks::convolution(const NamedTensors& weights, const std::string& net, int number,
                                                at::IntArrayRef shape) const {
  const std::string name = fmt::format("{}.conv{}", net, number);
  return {tensor_of(weights, name + ".weight", shape).contiguous(at::MemoryFormat::ChannelsLast),
          tensor_of(weights, name + ".bias", {shape[0]}),
          tensor_of(weights, fmt::format("{}.prelu{}.weight", net, number), {shape[0]})};
}

// side: the side of the square of pixels before the first dense layer, or 0 after a vector. The published weights take
// a pixel's channels column by column; here they are stored row by row.
MtcnnNetworks::Layer MtcnnNetworks::dense(const NamedTensors& weights, const std::string& name,
                                          const std::string& slope, at::IntArrayRef shape, int64_t side) const {
  Layer layer{tensor_of(weights, name + ".weight", shape), tensor_of(weights, name + ".bias", {shape[0]})};
  if (!slope.empty()) layer.slope = tensor_of(weights, slope + ".weight", {shape[0]});
  if (shape.size() == 4) layer.weight = layer.weight.reshape({shape[0], shape[1]});
  if (side > 0) {
    layer.weight = layer.weight.reshape({shape[0], side, side, -1}).transpose(1, 2).reshape({shape[0], shape[1]});
  }
  layer.weight = layer.weight.contiguous();
  return layer;
}

MtcnnNetworks::MtcnnNetworks(const NamedTensors& weights)
    : p_{convolution(weights, "pnet", 1, {10, 3, 3, 3}), convolution(weights, "pnet", 2, {16, 10, 3, 3}),
         convolution(weights, "pnet", 3, {32, 16, 3, 3})},
      p_face_(dense(weights, "pnet.conv4_1", "", {2, 32, 1, 1}, 0)),
      p_box_(dense(weights, "pnet.conv4_2", "", {4, 32, 1, 1}, 0)),
      r_{convolution(weights, "rnet", 1, {28, 3, 3, 3}), convolution(weights, "rnet", 2, {48, 28, 3, 3}),
         convolution(weights, "rnet", 3, {64, 48, 2, 2})},
      r_dense_(dense(weights, "rnet.dense4", "rnet.prelu4", {128, 576}, 3)),
      r_face_(dense(weights, "rnet.dense5_1", "", {2, 128}, 0)),
      r_box_(dense(weights, "rnet.dense5_2", "", {4, 128}, 0)),
      o_{convolution(weights, "onet", 1, {32, 3, 3, 3}), convolution(weights, "onet", 2, {64, 32, 3, 3}),
         convolution(weights, "onet", 3, {64, 64, 3, 3}), convolution(weights, "onet", 4, {128, 64, 2, 2})},
      o_dense_(dense(weights, "onet.dense5", "onet.prelu5", {256, 1152}, 3)),
      o_face_(dense(weights, "onet.dense6_1", "", {2, 256}, 0)),
      o_box_(dense(weights, "onet.dense6_2", "", {4, 256}, 0)),
      o_landmarks_(dense(weights, "onet.dense6_3", "", {10, 256}, 0)) {}

Tensor MtcnnNetworks::convolve(const Tensor& x, const Layer& layer) {
  Tensor y = at::conv2d(x, layer.weight, layer.bias);
  prelu_in_place(y, layer.slope);
  return y;
}

Tensor MtcnnNetworks::multiply(const Tensor& x, const Layer& layer) {
  const Tensor y = at::linear(x, layer.weight, layer.bias);
  return layer.slope.defined() ? at::prelu(y, layer.slope) : y;
}

MtcnnOutput MtcnnNetworks::propose(const Tensor& image, int64_t& h, int64_t& w) const {
  Tensor x = pool(convolve(image, p_[0]), 2);
  x = convolve(convolve(x, p_[1]), p_[2]);
  h = x.size(2);
  w = x.size(3);
  x = rows_of_pixels(x);
  return {second_of_softmax(multiply(x, p_face_)), multiply(x, p_box_), {}};
}

MtcnnOutput MtcnnNetworks::refine(const Tensor& crops) const {
  Tensor x = pool(convolve(crops, r_[0]), 3);
  x = pool(convolve(x, r_[1]), 3);
  x = multiply(flat(convolve(x, r_[2])), r_dense_);
  return {second_of_softmax(multiply(x, r_face_)), multiply(x, r_box_), {}};
}

MtcnnOutput MtcnnNetworks::output(const Tensor& crops) const {
  Tensor x = pool(convolve(crops, o_[0]), 3);
  x = pool(convolve(x, o_[1]), 3);
  x = pool(convolve(x, o_[2]), 2);
  x = multiply(flat(convolve(x, o_[3])), o_dense_);
  return {second_of_softmax(multiply(x, o_face_)), multiply(x, o_box_), multiply(x, o_landmarks_)};
}

}  // namespace massface
