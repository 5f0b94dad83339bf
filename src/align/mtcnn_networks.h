#pragma once

#include "align/crop_network.h"
#include "align/proposal_network.h"
#include "tensor_file/safetensors.h"

namespace massface {

// The three networks of "Joint face detection and alignment using multi-task cascaded convolutional networks",
// arXiv:1604.02878, with facenet-pytorch's weights (kernels and layers as in its mtcnn.py). The outputs of all heads
// are the logits of no face and of a face, then movements of the window's edges (left, top, right, bottom) as fractions
// of its size; O-Net's continue with five x and five y of landmarks, as fractions of the window's size.
struct MtcnnNetworks {
  // weights: pnet.conv1.weight and so on, likewise rnet. and onet. Throws Error naming a tensor that is missing or has
  // another shape.
  explicit MtcnnNetworks(const NamedTensors& weights);

  ProposalNetwork propose;  // P-Net
  CropNetwork refine;       // R-Net, of crops of 24 x 24
  CropNetwork output;       // O-Net, of crops of 48 x 48
};

// The probability of a face, of its two logits (no face, face).
float face_probability(const float* logits);

}  // namespace massface
