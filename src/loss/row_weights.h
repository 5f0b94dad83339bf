#pragma once

#include "loss/triplet_loss_options.h"
#include "loss/triplet_statistics.h"
#include "mining/pool.h"
#include "mining/strategy.h"

namespace massface {

// How an anchor's choices weigh its distances: selection and loss of one row in one pass.
class RowWeights {
 public:
  // Positives beyond this number are not passed over one by one; each negative is ranked among their bounds instead.
  static constexpr int32_t kManyPositives = 256;

  RowWeights(Strategy strategy, const SelectionRule& rule, bool soft_margin, int32_t many_positives = kManyPositives)
      : strategy_(strategy), rule_(rule), soft_margin_(soft_margin), many_positives_(many_positives) {}

  // weights[0 .. stride of the row): d(sum of the row's losses) / d distances. With the hinge these are whole numbers,
  // exact in any order: the active triplets that have the pair as their positive, less those that have it as their
  // negative.
  TripletStatistics weigh(const PoolRow& row, float* weights) const;

 private:
  Strategy strategy_;
  SelectionRule rule_;
  bool soft_margin_;
  int32_t many_positives_;
};

}  // namespace massface
