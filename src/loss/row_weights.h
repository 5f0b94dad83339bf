#pragma once

#include "loss/triplet_loss_options.h"
#include "loss/triplet_statistics.h"
#include "mining/pool.h"
#include "mining/strategy.h"

namespace massface {

// Turns the choices of a strategy's selector into weights of the anchor's distances: selection and loss of one row in
// one pass.
class RowWeights {
 public:
  // With more positives than this, each negative is ranked among their bounds instead of being compared with each.
  static constexpr int32_t kManyPositives = 256;

  RowWeights(Strategy strategy, const SelectionRule& rule, bool soft_margin, int32_t many_positives = kManyPositives)
      : strategy_(strategy), rule_(rule), soft_margin_(soft_margin), many_positives_(many_positives) {}

  // Writes d(sum of the row's losses) / d distances to weights[0 .. stride of the row). With the hinge these are whole
  // numbers and therefore exact in any order: the number of active triplets with the pair as their positive, minus the
  // number with the pair as their negative.
  TripletStatistics weigh(const PoolRow& row, float* weights) const;

 private:
  Strategy strategy_;
  SelectionRule rule_;
  bool soft_margin_;
  int32_t many_positives_;
};

}  // namespace massface
