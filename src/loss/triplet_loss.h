#pragma once

#include "core/tensor.h"
#include "loss/triplet_loss_options.h"
#include "loss/triplet_statistics.h"
#include "mining/triplets.h"

namespace massface {

struct TripletLossOutput {
  Tensor loss;                   // scalar, differentiable; 0 with a gradient of 0 if no triplet is active
  TripletStatistics statistics;  // without valid and violating, which a list cannot tell
};

// The loss of listed triplets, for pools whose triplets are trained on in parts, and as the reference twin of
// loss/fused_triplet_loss.h. It is max(0, d(a, p) + margin - d(a, n)) with squared L2 distances ("FaceNet",
// arXiv:1503.03832, equation 3), or log(1 + exp(d(a, p) - d(a, n))) with a soft margin, averaged over the triplets of
// options.reduction.
//
// distances: [B, B] with a diagonal of 0, differentiable (mining/distances.h), any device.
TripletLossOutput triplet_loss(const Tensor& distances, const Triplets& triplets, const TripletLossOptions& options);

}  // namespace massface
