#pragma once

#include "core/tensor.h"
#include "model/embedder.h"

namespace massface {

// The least cosine between the embeddings of a network and those of a graph that was exported from it.
inline constexpr double kLeastCosine = 0.99999;

// Returns `count` synthetic faces of the input's size, uint8 [count, H, W, 3]: the same every time.
Tensor faces_to_compare(const InputFormat& input, int64_t count);

// Returns the least cosine over the images between the embeddings of the graph, which computes them in batches of
// batch_size, and those that the model's network computes layer by layer, without folding. NaN if an embedding is not
// finite. images: uint8 [N, H, W, 3].
double least_cosine(const Model& model, const ImageEmbedder& graph, const Tensor& images, int64_t batch_size);

}  // namespace massface
