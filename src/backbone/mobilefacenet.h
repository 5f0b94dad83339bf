#pragma once

#include <memory>

#include "backbone/backbone.h"

namespace massface {

// MobileFaceNet: Chen et al., "MobileFaceNets: efficient CNNs for accurate real-time face verification on mobile
// devices", CCBR 2018, arXiv:1804.07573, table 1. 128-d by default.
//
// Names of the weights (each a ConvUnit: conv.weight, norm.*, prelu.weight):
//   stem, stem_depthwise                          3x3 stride 2 to 64 channels, depthwise 3x3
//   blocks.0 ... blocks.14 .expand .depthwise .project    the bottlenecks in the order of the table
//   head, head_depthwise, embedding               1x1 to 512, the global depthwise convolution, 1x1 to the embedding
//
// input_height, input_width: pixels, multiples of 16: the kernel of the global depthwise convolution is input / 16.
// Throws Error for other sizes.
std::shared_ptr<Backbone> make_mobilefacenet(int64_t embedding_size, int64_t input_height, int64_t input_width);

// The same with a linear 1x1 convolution 64 -> 64 after the first depthwise layer (stem_linear) and one 512 -> 512
// after the global depthwise layer (head_linear). 512-d by default.
std::shared_ptr<Backbone> make_mobilefacenet_massface(int64_t embedding_size, int64_t input_height,
                                                      int64_t input_width);

}  // namespace massface
