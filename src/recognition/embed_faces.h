#pragma once

#include <cstdint>
#include <vector>

#include "core/tensor.h"
#include "model/embedder.h"
#include "recognition/read_faces.h"

namespace massface {

// The embeddings of the faces of some images, in their order.
struct EmbeddedFaces {
  Tensor embeddings;           // float32 [N, D] of unit length, on the CPU
  std::vector<float> quality;  // [N]; see below
};

// quality: the length of an embedding before it is scaled, divided by the square root of its size. Blurred, dark and
// turned faces give shorter embeddings ("MagFace", arXiv:2103.06627, section 3.1; "AdaFace", arXiv:2204.00964, section
// 3.2). It compares faces under one network; its scale differs from network to network.
EmbeddedFaces embed_faces(const Embedder& embedder, Flip flip, const std::vector<ReadImage>& images);

}  // namespace massface
