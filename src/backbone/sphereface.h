#pragma once

#include <memory>

#include "backbone/backbone.h"

namespace massface {

// The 20-layer network of SphereFace: Liu et al., "SphereFace: deep hypersphere embedding for face recognition", CVPR
// 2017, arXiv:1704.08063, table 2. In each of four stages of 64, 128, 256 and 512 channels, a 3x3 convolution with
// stride 2 is followed by 1, 2, 4 or 1 blocks x + f(g(x)) of two 3x3 convolutions; then a fully connected layer. As in
// the authors' network (github.com/wy1iu/sphereface), every convolution has a bias and PReLU and there is no BatchNorm;
// the convolutions in blocks start from a normal distribution of deviation 0.01, so that the blocks start near the
// identity. 512-d by default.
//
// Names of the weights (each a ConvUnit: conv.weight, conv.bias, prelu.weight):
//   conv1.0, conv2.0, conv3.0, conv4.0    the convolutions with stride 2
//   convS.1, convS.2, ...                 the convolutions of the blocks of stage S, two for each
//   embedding                             the fully connected layer
//
// input_height, input_width: pixels, multiples of 16 (112 x 96 in the paper): the fully connected layer reads input /
// 16. Throws Error for other sizes.
std::shared_ptr<Backbone> make_sphereface20(int64_t embedding_size, int64_t input_height, int64_t input_width);

// The same with BatchNorm in the place of every bias, after the fully connected layer too (norm.*), and initial weights
// like those of all other networks: the form in which networks of the TensorFlow ports of SphereFace and of additive
// margin softmax train without care for the first steps. They call it resface20, with slim.batch_norm as the normalizer
// of every layer (nets/resface.py). Differences: their convolutions with stride 2 pad as TensorFlow does (nothing above
// and on the left for even sizes), and their BatchNorm has eps 1e-3. 512-d by default.
std::shared_ptr<Backbone> make_resface20(int64_t embedding_size, int64_t input_height, int64_t input_width);

}  // namespace massface
