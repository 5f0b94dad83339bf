#pragma once

#include "mining/mine_triplets.h"

namespace massface {

// What the triplet loss of a list is, from the distances that were found with it.
struct ListedLoss {
  int64_t active = 0;
  double mean_of_active = 0;  // 0 where none is
  double mean_of_all = 0;
};

ListedLoss listed_loss(const MinedTriplets& mined, float margin);

}  // namespace massface
