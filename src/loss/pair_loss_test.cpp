#include "loss/pair_loss.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

#include "loss/testing_classifier.h"

namespace massface {
namespace {

// Seven images of three identities; the last identity has a single image, so its anchor has no positive.
struct Batch {
  std::vector<int64_t> labels{0, 1, 0, 1, 0, 1, 2};
  Tensor embeddings = normal_rows(7, 4, 11);

  AnchorPairs pairs(int64_t begin, int64_t end) const {
    const Tensor unit = embeddings / embeddings.norm(2, 1, true);
    const Tensor label = at::tensor(labels), rows = at::arange(begin, end);
    const Tensor same = label.slice(0, begin, end).unsqueeze(1) == label.unsqueeze(0);
    const Tensor itself = rows.unsqueeze(1) == at::arange(7).unsqueeze(0);
    return {.cosines = at::matmul(unit.slice(0, begin, end), unit.t()),
            .positive = same.logical_and(itself.logical_not()),
            .negative = same.logical_not()};
  }
  double cosine(size_t i, size_t k) const {
    return at::cosine_similarity(embeddings[static_cast<int64_t>(i)], embeddings[static_cast<int64_t>(k)], 0)
        .item<double>();
  }
};

// By the equations, pair by pair.
double multi_similarity_by_hand(const Batch& batch, size_t i, const MultiSimilarityOptions& options) {
  double nearest_negative = -4, farthest_positive = 4;
  for (size_t k = 0; k < 7; ++k) {
    if (batch.labels[k] != batch.labels[i]) nearest_negative = std::max(nearest_negative, batch.cosine(i, k));
    if (batch.labels[k] == batch.labels[i] && k != i)
      farthest_positive = std::min(farthest_positive, batch.cosine(i, k));
  }
  double positives = 0, negatives = 0;
  for (size_t k = 0; k < 7; ++k) {
    const double s = batch.cosine(i, k);
    if (k == i) continue;
    if (batch.labels[k] == batch.labels[i]) {
      if (s < nearest_negative + options.epsilon) positives += std::exp(-options.alpha * (s - options.base));
    } else if (s > farthest_positive - options.epsilon) {
      negatives += std::exp(options.beta * (s - options.base));
    }
  }
  return std::log(1 + positives) / options.alpha + std::log(1 + negatives) / options.beta;
}

double supcon_by_hand(const Batch& batch, size_t i, double temperature) {
  double all = 0, sum = 0, count = 0;
  for (size_t k = 0; k < 7; ++k) {
    if (k != i) all += std::exp(batch.cosine(i, k) / temperature);
  }
  for (size_t k = 0; k < 7; ++k) {
    if (k == i || batch.labels[k] != batch.labels[i]) continue;
    sum -= std::log(std::exp(batch.cosine(i, k) / temperature) / all);
    ++count;
  }
  return count == 0 ? 0 : sum / count;
}

TEST(PairLoss, IsThatOfTheEquations) {
  const Batch batch;
  const MultiSimilarityOptions options{.alpha = 3, .beta = 20, .base = 0.2, .epsilon = 0.3};
  const Tensor similarity = multi_similarity_loss(batch.pairs(0, 7), options);
  const Tensor contrast = supcon_loss(batch.pairs(0, 7), {.temperature = 0.2});
  for (size_t i = 0; i < 7; ++i) {
    const auto row = static_cast<int64_t>(i);
    EXPECT_NEAR(similarity[row].item<double>(), multi_similarity_by_hand(batch, i, options), 1e-12) << i;
    EXPECT_NEAR(contrast[row].item<double>(), supcon_by_hand(batch, i, 0.2), 1e-12) << i;
  }
  EXPECT_EQ(contrast[6].item<double>(), 0);
}

TEST(PairLoss, OfAShareOfTheAnchorsIsThatPartOfTheWhole) {
  const Batch batch;
  EXPECT_TRUE(at::allclose(supcon_loss(batch.pairs(2, 5), {}), supcon_loss(batch.pairs(0, 7), {}).slice(0, 2, 5)));
  EXPECT_TRUE(at::allclose(multi_similarity_loss(batch.pairs(2, 5), {}),
                           multi_similarity_loss(batch.pairs(0, 7), {}).slice(0, 2, 5)));
}

TEST(PairLoss, HasFiniteGradientsWhereNoPairCounts) {
  const Batch batch;
  for (const double epsilon : {0.0, 0.1}) {
    AnchorPairs pairs = batch.pairs(0, 7);
    pairs.cosines = pairs.cosines.detach().requires_grad_();
    (multi_similarity_loss(pairs, {.epsilon = epsilon}).sum() + supcon_loss(pairs, {.temperature = 0.01}).sum())
        .backward();
    EXPECT_TRUE(pairs.cosines.grad().isfinite().all().item<bool>());
  }
}

}  // namespace
}  // namespace massface
