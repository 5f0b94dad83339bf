#pragma once

#include "core/tensor.h"
#include "tensor_file/safetensors.h"

namespace massface {

// What a network of MTCNN says about each of N places: face is its probability, box moves the place's edges by parts of
// its size (left, top, right, bottom), landmarks (O-Net alone) are five x and then five y, in parts of the place's
// size.
struct MtcnnOutput {
  Tensor face;       // float32 [N]
  Tensor box;        // float32 [N, 4]
  Tensor landmarks;  // float32 [N, 10]; undefined
};

// The three networks of "Joint face detection and alignment using multi-task cascaded convolutional networks",
// arXiv:1604.02878, with facenet-pytorch's weights (kernels and layers as its mtcnn.py has them). Without gradient.
// Input is float32 [N, 3, H, W] in channels-last memory, pixels as (x - 127.5) / 128 in RGB. The methods may be called
// from several threads.
class MtcnnNetworks {
 public:
  // weights: pnet.conv1.weight and so on, rnet., onet. Throws Error that names a tensor that is missing or of another
  // shape.
  explicit MtcnnNetworks(const NamedTensors& weights);

  // At every second place of an image [1, 3, H, W] of at least 12 x 12, row by row: N = h w places.
  MtcnnOutput propose(const Tensor& image, int64_t& h, int64_t& w) const;
  MtcnnOutput refine(const Tensor& crops) const;  // [N, 3, 24, 24]
  MtcnnOutput output(const Tensor& crops) const;  // [N, 3, 48, 48]

 private:
  struct Layer {
    Tensor weight, bias, slope;  // slope: of the PReLU behind it; undefined where there is none
  };

  Layer convolution(const NamedTensors& weights, const std::string& net, int number, at::IntArrayRef shape) const;
  Layer dense(const NamedTensors& weights, const std::string& name, const std::string& slope, at::IntArrayRef shape,
              int64_t side) const;
  static Tensor convolve(const Tensor& x, const Layer& layer);
  static Tensor multiply(const Tensor& x, const Layer& layer);

  Layer p_[3], p_face_, p_box_;
  Layer r_[3], r_dense_, r_face_, r_box_;
  Layer o_[4], o_dense_, o_face_, o_box_, o_landmarks_;
};

}  // namespace massface
