#pragma once

#include "core/tensor.h"
#include "tensor_file/safetensors.h"

namespace massface {

// The output of an MTCNN network for each of N windows: face is the probability of a face, box moves the window's edges
// (left, top, right, bottom) by fractions of its size, landmarks (O-Net only) are five x and then five y, as fractions
// of the window's size.
struct MtcnnOutput {
  Tensor face;       // float32 [N]
  Tensor box;        // float32 [N, 4]
  Tensor landmarks;  // float32 [N, 10] of O-Net, otherwise undefined
};

// The three networks of "Joint face detection and alignment using multi-task cascaded convolutional networks",
// arXiv:1604.02878, with facenet-pytorch's weights (kernels and layers as in its mtcnn.py). Without gradients. Input is
// float32 [N, 3, H, W] in channels-last memory, pixels as (x - 127.5) / 128 in RGB. The methods may be called from
// several threads.
class MtcnnNetworks {
 public:
  // weights: pnet.conv1.weight and so on, likewise rnet. and onet. Throws Error naming a tensor that is missing or has
  // another shape.
  explicit MtcnnNetworks(const NamedTensors& weights);

  // Applies P-Net at every second pixel of an image [1, 3, H, W] of at least 12 x 12: N = h w windows, row by row.
  MtcnnOutput propose(const Tensor& image, int64_t& h, int64_t& w) const;
  MtcnnOutput refine(const Tensor& crops) const;  // [N, 3, 24, 24]
  MtcnnOutput output(const Tensor& crops) const;  // [N, 3, 48, 48]

 private:
  struct Layer {
    Tensor weight, bias, slope;  // slope: of the PReLU after it; undefined if there is none
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
