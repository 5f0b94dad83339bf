#pragma once

#include <memory>

#include "backbone/backbone.h"

namespace massface {

// Inception-ResNet v1: Szegedy et al., "Inception-v4, Inception-ResNet and the impact of residual connections on
// learning", AAAI 2017, arXiv:1602.07261, figures 10 to 14, with the numbers of filters and the residual scales of
// David Sandberg's facenet (models/inception_resnet_v1.py), which facenet-pytorch ports: 5 blocks of scale 0.17, 10 of
// 0.10, 5 of 0.20, and one of scale 1 without ReLU. Global average pooling, a fully connected layer and BatchNorm
// follow. BatchNorm has eps 1e-3 here. 512-d by default.
//
// Names of the weights (units are conv.weight and norm.*, without PReLU):
//   conv_1a, conv_2a, conv_2b, conv_3b, conv_4a, conv_4b    the stem
//   blocks35.N, blocks17.N, blocks8.N                       .branchB.I, the I-th unit of a branch; .up, the 1x1
//                                                           convolution of the joined branches, with bias alone
//   mixed_6a, mixed_7a                                      .branchB.I; their last branch is a max pooling
//   embedding                                               the fully connected layer
//
// input_height, input_width: pixels, at least 75 (160 x 160 in facenet), so that one is left at the end: most
// convolutions that shrink the image have no padding. Throws Error for smaller sizes.
std::shared_ptr<Backbone> make_inception_resnet_v1(int64_t embedding_size, int64_t input_height, int64_t input_width);

}  // namespace massface
