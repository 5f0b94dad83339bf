#pragma once

#include "mining/mine_triplets.h"

namespace massface {

// The triplet loss of listed triplets, from the distances that were found with them.
struct ListedLoss {
  int64_t active = 0;
  double mean_of_active = 0;  // 0 if no triplet is active
  double mean_of_all = 0;
};

ListedLoss listed_loss(const MinedTriplets& mined, float margin);

}  // namespace massface
