#pragma once

#include <cstdint>

#include "core/random.h"

// nvcc reads this file too: it is C++17 and holds only plain values.
namespace massface {

// The parameters of a selector, besides the row. Distances are squared L2 between unit vectors, 0 to 4.
struct SelectionRule {
  float margin = 0;  // the loss's (TripletLossOptions::margin)
  // For batch_hardest: the quantile of an anchor's positives, by ascending distance, that counts as the farthest (1:
  // the last), and the quantile of its negatives that counts as the nearest (0: the first).
  float positive_quantile = 1.0f;
  float negative_quantile = 0.0f;
  // Counters of the random numbers.
  uint64_t seed = 0;
  uint64_t step = 0;
};

// A pool position and its distance to the anchor. position is -1 if there is no such neighbour.
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

// A distance larger than that of any point: the upper bound of an unbounded search.
constexpr float kBeyond = 1e30f;

// Returns the bound that d(a, n) must be below for (a, p, n) to violate. The sum is rounded here and nowhere else.
MASSFACE_HOST_DEVICE inline float violation_bound(float to_positive, float margin) { return to_positive + margin; }

// A selector has a kName, the SelectorTraits, and a call operator that is a template over a Row, which answers for one
// anchor:
//   int32_t anchor()
//   int32_t num_positives();  int32_t positive(int32_t i)       positions, ascending
//   float distance(int32_t position)
//   int32_t num_negatives()
//   Neighbour nearest_negative(float above, float below)        strictly between; ties to the lowest position
//   int32_t count_negatives_below(float bound)
//   int32_t negative_below(float bound, int32_t k)              the k-th of those, by position
// and over emit(positive, negative), called in ascending order of the positive. A negative may be kEveryViolating.

}  // namespace massface
