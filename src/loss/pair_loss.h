#pragma once

#include <string>
#include <vector>

#include "core/options.h"
#include "core/tensor.h"

namespace massface {

struct MultiSimilarityOptions {
  double alpha = 2;
  double beta = 50;
  double base = 0.5;  // lambda in the paper
  double epsilon = 0.1;

  void describe(OptionTable& table);
};

struct SupConOptions {
  double temperature = 0.1;

  void describe(OptionTable& table);
};

// The pairs of some anchors with all images of a batch.
struct AnchorPairs {
  Tensor cosines;   // float [anchors, B], of unit embeddings
  Tensor positive;  // bool [anchors, B]: another image of the anchor's identity
  Tensor negative;  // bool [anchors, B]: an image of another identity
};

// The loss of each anchor, [anchors], 0 for one without positives and without negatives that count.
//
// "Multi-Similarity Loss with General Pair Weighting for Deep Metric Learning", arXiv:1904.06627, equation 15, over the
// pairs that equations 10 and 11 select: positives that are not epsilon closer than the nearest negative, and negatives
// that are not epsilon farther away than the farthest positive.
Tensor multi_similarity_loss(const AnchorPairs& pairs, const MultiSimilarityOptions& options);
// "Supervised Contrastive Learning", arXiv:2004.11362, equation 2.
Tensor supcon_loss(const AnchorPairs& pairs, const SupConOptions& options);

}  // namespace massface
