#include "loss/triplet_loss.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <algorithm>

#include "core/error.h"
#include "core/random.h"
#include "mining/distances.h"
#include "mining/mine_triplets.h"

namespace massface {
namespace {

using Indices = std::vector<int64_t>;

Triplets triplets_of(const Indices& anchors, const Indices& positives, const Indices& negatives) {
  const auto index = [](const Indices& i) { return torch::tensor(i, torch::kInt64); };
  return {index(anchors), index(positives), index(negatives)};
}

// Rows 0 and 1 are one identity, row 2 another.
Tensor three_distances() { return torch::tensor({{0.f, 0.5f, 0.6f}, {0.5f, 0.f, 1.f}, {0.6f, 1.f, 0.f}}); }

// Losses 0.5 + 0.2 - 0.6 = 0.1 and max(0, 0.5 + 0.2 - 1) = 0.
const Triplets kOneActiveOneSolved = triplets_of({0, 1}, {1, 0}, {2, 2});

TEST(TripletLoss, IsTheMeanOverTheActiveTriplets) {
  const auto output = triplet_loss(three_distances(), kOneActiveOneSolved, {.margin = 0.2, .reduction = "active"});
  EXPECT_NEAR(output.loss.item<float>(), 0.1f, 1e-6f);
}

TEST(TripletLoss, IsTheMeanOverAllSelectedTripletsWhereAsked) {
  const auto output = triplet_loss(three_distances(), kOneActiveOneSolved, {.margin = 0.2, .reduction = "selected"});
  EXPECT_NEAR(output.loss.item<float>(), 0.05f, 1e-6f);
}

TEST(TripletLoss, ReportsWhatItSaw) {
  const auto output = triplet_loss(three_distances(), kOneActiveOneSolved, {.margin = 0.2});
  EXPECT_EQ(output.statistics.selected, 2);
  EXPECT_EQ(output.statistics.active, 1);
  EXPECT_NEAR(output.statistics.mean_to_positive(), 0.5, 1e-6);
  EXPECT_NEAR(output.statistics.mean_to_negative(), 0.8, 1e-6);
  EXPECT_NEAR(output.statistics.mean_of_pool(), (0.5 + 0.6 + 1) / 3, 1e-6);
  EXPECT_EQ(output.statistics.to_positive.counts[5], 2);
  EXPECT_EQ(output.statistics.to_negative.counts[6] + output.statistics.to_negative.counts[10], 2);
}

TEST(TripletLoss, HasAZeroGradientWhereNoTripletViolatesTheMargin) {
  for (const char* reduction : {"active", "selected"}) {
    // The second triplet's violation is exactly 0: not active, and without a gradient.
    Tensor distances = torch::tensor({{0.f, 0.5f, 3.f}, {0.5f, 0.f, 0.75f}, {3.f, 0.75f, 0.f}}).requires_grad_(true);
    const auto output = triplet_loss(distances, kOneActiveOneSolved, {.margin = 0.25, .reduction = reduction});
    output.loss.backward();
    EXPECT_EQ(output.statistics.active, 0);
    EXPECT_EQ(output.loss.item<float>(), 0.f);
    EXPECT_EQ(distances.grad().abs().sum().item<float>(), 0.f);
  }
}

TEST(TripletLoss, IsZeroWithAZeroGradientWithoutTriplets) {
  Tensor distances = three_distances().requires_grad_(true);
  const auto output = triplet_loss(distances, triplets_of({}, {}, {}), {});
  output.loss.backward();
  EXPECT_EQ(output.statistics.selected, 0);
  EXPECT_EQ(output.loss.item<float>(), 0.f);
  EXPECT_EQ(output.statistics.mean_to_positive(), 0.0);
  EXPECT_EQ(distances.grad().abs().sum().item<float>(), 0.f);
}

Tensor random_unit_rows(int64_t rows, int64_t columns, uint64_t seed) {
  Random random(seed, RandomStream::kSyntheticImage);
  Tensor x = torch::empty({rows, columns}, torch::kDouble);
  for (int64_t i = 0; i < x.numel(); ++i) x.data_ptr<double>()[i] = random.normal();
  return x / x.norm(2, 1, true);
}

// Unit embeddings, distances, batch-hardest triplets, loss: as a training step chains them.
TEST(TripletLoss, HasTheGradientOfFiniteDifferencesThroughMining) {
  const Tensor x = random_unit_rows(9, 4, 11);
  const Tensor labels = torch::tensor({0, 0, 0, 1, 1, 1, 2, 2, 3}, torch::kInt64);
  for (const char* reduction : {"active", "selected"}) {
    const auto value = [&](const Tensor& raw) {
      const Tensor distances = squared_distances(raw / raw.norm(2, 1, true));
      const Pool pool(raw.detach().to(torch::kFloat) / raw.norm(2, 1, true).to(torch::kFloat), labels);
      const MinedTriplets mined = mine_triplets(pool, Strategy::kBatchHardest, {.margin = 0.3f}, 1000);
      return triplet_loss(distances, mined.triplets, {.margin = 0.3, .reduction = reduction});
    };
    Tensor leaf = x.clone().requires_grad_(true);
    const auto output = value(leaf);
    output.loss.backward();
    EXPECT_EQ(output.statistics.selected, 8);
    EXPECT_GT(output.statistics.active, 2);
    constexpr double h = 1e-6;
    for (int64_t i = 0; i < 9; ++i) {
      for (int64_t k = 0; k < 4; ++k) {
        Tensor up = x.clone(), down = x.clone();
        up[i][k] += h;
        down[i][k] -= h;
        const double numeric = (value(up).loss - value(down).loss).item<double>() / (2 * h);
        EXPECT_NEAR(leaf.grad()[i][k].item<double>(), numeric, 1e-7) << reduction << " " << i << "," << k;
      }
    }
  }
}

TEST(TripletLoss, AgreesWithALoopOverTheTriplets) {
  const Tensor x = random_unit_rows(31, 8, 12).to(torch::kFloat);
  Indices anchors, positives, negatives;
  Random random(13, RandomStream::kSyntheticImage);
  double sum = 0;
  int64_t active = 0;
  for (int t = 0; t < 300; ++t) {  // far more triplets than pairs: pairs repeat
    const auto a = static_cast<int64_t>(random.below(31)), p = static_cast<int64_t>(random.below(31)),
               n = static_cast<int64_t>(random.below(31));
    anchors.push_back(a), positives.push_back(p), negatives.push_back(n);
    const double violation =
        (x[a] - x[p]).square().sum().item<double>() + 0.2 - (x[a] - x[n]).square().sum().item<double>();
    if (violation > 0) sum += violation, ++active;
  }
  const auto output = triplet_loss(squared_distances(x), triplets_of(anchors, positives, negatives), {.margin = 0.2});
  EXPECT_EQ(output.statistics.active, active);
  EXPECT_NEAR(output.loss.item<float>(), sum / static_cast<double>(active), 1e-5);
}

TEST(TripletLoss, WithASoftMarginIsTheSoftplusOfTheDifference) {
  // log(1 + exp(0.5 - 0.6)) = 0.644397, log(1 + exp(0.5 - 1)) = 0.474077.
  const auto output = triplet_loss(three_distances(), kOneActiveOneSolved, {.margin = 0.2, .soft_margin = true});
  EXPECT_EQ(output.statistics.active, 2);
  EXPECT_NEAR(output.loss.item<float>(), (0.644397 + 0.474077) / 2, 1e-5);
}

TEST(TripletLossOptions, RefuseAMarginBeyondTheLargestDistance) {
  TripletLossOptions options;
  OptionTable table;
  options.describe(table);
  table.set_from_text("margin", "0.35", "x");
  EXPECT_EQ(options.margin, 0.35);
  EXPECT_THROW(table.set_from_text("margin", "4.5", "x"), Error);
  EXPECT_THROW(table.set_from_text("reduction", "mean", "x"), Error);
}

}  // namespace
}  // namespace massface
