#pragma once

#include <cstdint>

#include "core/random.h"

// Read by nvcc too: C++17, and nothing but plain values.
namespace massface {

// What a selector knows besides the row. Distances are squared L2 between unit vectors, 0 to 4.
struct SelectionRule {
  float margin = 0;  // of the loss (TripletLossOptions::margin)
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

// Emitted in the place of a negative: every negative that violates with the positive.
constexpr int32_t kEveryViolating = -2;

// The traits of a selector, which derives from this struct and redefines those that hold. A test compares each trait
// with what the selector does.
struct SelectorTraits {
  // It emits kEveryViolating for each positive of a row, and nothing else. The loss then weighs a row as a whole, which
  // is faster than one triplet after another.
  static constexpr bool kEmitsEveryViolating = false;
  // It reads SelectionRule::seed and step. Its steps differ from each other and cannot share a recorded CUDA graph.
  static constexpr bool kDrawsRandomNumbers = false;
  // It reads the quantiles of SelectionRule.
  static constexpr bool kUsesQuantiles = false;
};

// Farther than any point: the upper bound of a search without one.
constexpr float kBeyond = 1e30f;

// (a, p, n) violates where d(a, n) is below this: the one place where the sum is rounded.
MASSFACE_HOST_DEVICE inline float violation_bound(float to_positive, float margin) { return to_positive + margin; }

// A selector has a kName, the SelectorTraits, and a call operator that is a template over a Row, which answers for one
// anchor:
//   int32_t anchor()
//   int32_t num_positives();  int32_t positive(int32_t i)       positions, ascending
//   float distance(int32_t position)
//   int32_t num_negatives()
//   Neighbour nearest_negative(float above, float below)        strictly between; ties to the lowest position
//   int32_t count_negatives_below(float bound)
//   int32_t negative_below(float bound, int32_t k)              the k-th of those by position
// and over emit(positive, negative), called in ascending order of the positive. A negative may be kEveryViolating.

}  // namespace massface
