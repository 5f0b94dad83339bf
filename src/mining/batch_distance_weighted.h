#pragma once

#include <cmath>

#include "mining/selection_rule.h"

namespace massface {

// Selects one violating negative for each positive pair that has any, such that every distance between 0.5 and the
// bound is equally likely, however many negatives there are at it: the nearest one beyond a distance that is drawn
// uniformly (L2, not squared). "Sampling Matters in Deep Embedding Learning", arXiv:1706.07567, section 4.1. The paper
// weighs a negative with the inverse density of points spread evenly over a sphere and caps the weight, since the
// points of a real pool are not; the gaps between the negatives' distances are the inverse density of the pool itself.
// Negatives nearer than 0.5 (or than half of the bound, if that is less) are taken only where no other violates, as the
// paper's cutoff does. The choice is a function of (seed, step, a, p) and of the distances.
struct BatchDistanceWeighted : SelectorTraits {
  static constexpr const char* kName = "batch_distance_weighted";
  static constexpr bool kDrawsRandomNumbers = true;

  static constexpr float kCutoff = 0.5f;  // L2
  // Where no negative lies between a drawn distance and the bound, a lesser distance is drawn. After so many numbers
  // the nearest negative is taken.
  static constexpr int kMaxDraws = 16;

  template <class Row, class Emit>
  MASSFACE_HOST_DEVICE void operator()(const Row& row, const SelectionRule& rule, Emit& emit) const {
    for (int32_t i = 0; i < row.num_positives(); ++i) {
      const int32_t positive = row.positive(i);
      const float bound = violation_bound(row.distance(positive), rule.margin);
      const int32_t nearest = row.nearest_negative(-1, bound).position;
      if (nearest < 0) continue;
      Random random(rule.seed, RandomStream::kTripletChoice, rule.step, static_cast<uint32_t>(row.anchor()));
      random.seek(static_cast<uint32_t>(positive) * (kMaxDraws / 4));  // a seek is by four numbers
      const int32_t drawn = draw(row, bound, random);
      emit(positive, drawn < 0 ? nearest : drawn);
    }
  }

 private:
  // Returns -1 if there was none beyond any of the drawn distances. Only products are used, since a device could
  // contract a product and a sum, and round them differently.
  template <class Row>
  MASSFACE_HOST_DEVICE static int32_t draw(const Row& row, float bound, Random& random) {
    const float farthest = sqrtf(bound);
    const float least = farthest * 0.5f < kCutoff ? farthest * 0.5f : kCutoff;
    float below = farthest;
    for (int n = 0; n < kMaxDraws; ++n) {
      const float distance = below * random.uniform();
      if (distance < least) continue;
      const int32_t position = row.nearest_negative(distance * distance, bound).position;
      if (position >= 0) return position;
      below = distance;
    }
    return -1;
  }
};

}  // namespace massface
