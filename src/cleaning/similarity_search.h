#pragma once

#include <vector>

#include "core/tensor.h"

namespace massface {

struct MostSimilar {
  int64_t point = -1;  // -1: there is none
  float similarity = -1;
};

// Returns for each of Q queries the most similar of P points with another label; among equals, the first. queries,
// points: float32 [Q, D] and [P, D] of unit length, on the CPU. Exact; holds a few hundred rows of the Q x P
// similarities at a time. Throws Interrupted when a signal asks to stop.
std::vector<MostSimilar> most_similar(const Tensor& queries, const std::vector<int64_t>& query_labels,
                                      const Tensor& points, const std::vector<int64_t>& point_labels);

struct SimilarPair {
  int64_t first = 0, second = 0;  // first < second
  float similarity = 0;
};

// Returns the pairs of points whose cosine is at least `similarity`, ascending by (first, second): for each point, the
// `most` most similar of the later ones. Exact; takes N^2 D multiply-adds on all threads and the memory of a copy of
// the points. Throws Interrupted when a signal asks to stop.
std::vector<SimilarPair> similar_pairs(const Tensor& points, double similarity, int64_t most);

}  // namespace massface
