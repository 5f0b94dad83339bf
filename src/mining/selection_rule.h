#pragma once

#include <cstdint>

#include "core/random.h"

// Read by nvcc too: C++17, and nothing but plain values.
namespace massface {

// What a selector knows besides the row. Distances are squared L2 between unit vectors, 0 to 4.
struct SelectionRule {
  float margin = 0.2f;
  // Of batch_hardest: which of an anchor's positives, in ascending distance, counts as the farthest (1: the last), and
  // which of its negatives as the nearest (0: the first).
  float positive_quantile = 1.0f;
  float negative_quantile = 0.0f;
  // Of the random numbers.
  uint64_t seed = 0;
  uint64_t step = 0;
};

// A position of the pool and its distance to the anchor; position -1: there is none.
struct Neighbour {
  int32_t position;
  float distance;
};

// A negative that stands for all of them that violate with its positive.
constexpr int32_t kEveryViolating = -2;

// Farther than any point: the upper bound of a search without one.
constexpr float kBeyond = 1e30f;

// (a, p, n) violates where d(a, n) is below this: the one place where the sum is rounded.
MASSFACE_HOST_DEVICE inline float violation_bound(float to_positive, float margin) { return to_positive + margin; }

// A selector is a template over a Row, which answers for one anchor:
//   int32_t anchor()
//   int32_t num_positives();  int32_t positive(int32_t i)       positions, ascending
//   float distance(int32_t position)
//   int32_t num_negatives()
//   Neighbour nearest_negative(float above, float below)        strictly between; ties to the lowest position
//   int32_t count_negatives_below(float bound)
//   int32_t negative_below(float bound, int32_t k)              the k-th of those by position
// and over emit(positive, negative), called in ascending order of the positive.

}  // namespace massface
