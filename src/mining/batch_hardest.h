#pragma once

#include "mining/triplets.h"

namespace massface {

// For each row that has a positive and a negative in the pool: its farthest positive and its nearest negative, ties to
// the lowest index; anchors ascend. "In Defense of the Triplet Loss", arXiv:1703.07737, section 2, "batch hard".
//
// distances: float [B, B]. labels: int64 [B], on the same device. Throws Failure where a distance that decides is NaN.
Triplets mine_batch_hardest(const Tensor& distances, const Tensor& labels);

}  // namespace massface
