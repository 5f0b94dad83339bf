#pragma once

#include <memory>

#include "backbone/backbone.h"

namespace massface {

// The "improved residual" networks of ArcFace: Deng et al., "ArcFace: additive angular margin loss for deep face
// recognition", CVPR 2019, arXiv:1801.07698, section 3.1 (output E, block IR), as insightface's arcface_torch has them.
// A block is BatchNorm, 3x3, BatchNorm, PReLU, 3x3 with the stride, BatchNorm (Han et al., "Deep pyramidal residual
// networks", CVPR 2017), beside a shortcut that is a 1x1 convolution where the size changes. 512-d by default.
//
// Names of the weights:
//   stem                           3x3 to 64 channels (a ConvUnit)
//   blocks.N.norm                  BatchNorm before the block (norm.weight, ...)
//   blocks.N.first, .second        its two 3x3 units
//   blocks.N.shortcut              1x1, in the first block of each of the four stages: 64, 128, 256 and 512 channels
//   head_norm, embedding           BatchNorm; the fully connected layer with bias, and BatchNorm whose scale stays 1
//
// input_height, input_width: pixels, multiples of 16: the fully connected layer reads input / 16. Throws Error for
// other sizes.
std::shared_ptr<Backbone> make_iresnet18(int64_t embedding_size, int64_t input_height, int64_t input_width);  // 2 2 2 2
std::shared_ptr<Backbone> make_iresnet50(int64_t embedding_size, int64_t input_height,
                                         int64_t input_width);  // 3 4 14 3

}  // namespace massface
