#pragma once

#include <string>

#include "core/options.h"
#include "core/tensor.h"
#include "mining/triplets.h"

namespace massface {

struct TripletLossOptions {
  double margin = 0.2;
  std::string reduction = "active";

  void describe(OptionTable& table);
};

struct TripletLossOutput {
  Tensor loss;  // scalar, differentiable; 0 with a gradient of 0 where no triplet is active

  int64_t selected = 0;        // triplets
  int64_t active = 0;          // of them, those with a loss above 0
  double mean_d_positive = 0;  // d(a, p) over the selected triplets; 0 without any
  double mean_d_negative = 0;  // d(a, n)
  double mean_d_pool = 0;      // over all pairs i != j of the pool
};

// max(0, d(a, p) + margin - d(a, n)) with squared L2 distances ("FaceNet", arXiv:1503.03832, equation 3), averaged as
// options.reduction says.
//
// distances: [B, B] with a diagonal of 0, differentiable (mining/distances.h).
TripletLossOutput triplet_loss(const Tensor& distances, const Triplets& triplets, const TripletLossOptions& options);

}  // namespace massface
