#pragma once

#include <cstdint>
#include <vector>

#include "core/tensor.h"

namespace massface {

// Groups faces into people by average linkage (Sokal and Michener, 1958): each face begins alone, and the two groups
// whose faces are most similar on average are joined, until no two groups have an average cosine above the threshold.
// Only groups with a pair of faces above the threshold can have such an average, so that the neighbours above the
// threshold are all that is looked at.
//
// embeddings: float32 [N, D] of unit length, contiguous, on the CPU. Returns the person of each face, 0, 1, ...: the
// person with most faces first, equal ones by their first face. Deterministic. Takes N^2 D / 2 multiply-adds. Throws
// Error if a number is not finite, and if the threshold is so low that most faces are each other's neighbours.
std::vector<int64_t> cluster_faces(const Tensor& embeddings, double threshold_cosine);

// How well groups agree with known people, over all pairs of faces.
struct PairwiseScores {
  int64_t together = 0;       // pairs in one group
  int64_t of_one_person = 0;  // pairs of one person
  int64_t both = 0;

  double precision() const { return together == 0 ? 1 : static_cast<double>(both) / static_cast<double>(together); }
  double recall() const {
    return of_one_person == 0 ? 1 : static_cast<double>(both) / static_cast<double>(of_one_person);
  }
};

// groups, people: a number for each face.
PairwiseScores pairwise_scores(const std::vector<int64_t>& groups, const std::vector<int64_t>& people);

}  // namespace massface
