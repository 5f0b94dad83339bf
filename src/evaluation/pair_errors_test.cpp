#include "evaluation/pair_errors.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>

#include "evaluation/all_pairs.h"

namespace massface {
namespace {

// Fold 0 is decided at 1.0, fold 1 at 0.5.
EvaluationReport decided_folds() {
  EvaluationReport report;
  report.images = {"ada/1.jpg", "ada/2.jpg", "bob/1.jpg", "bob/2.jpg", "cyd/1.jpg"};
  report.verification.folds = {{0, 0.5, 1.0}, {1, 0.5, 0.5}};
  report.pairs = {{0, 1, true, 0}, {0, 2, false, 0}, {2, 3, true, 0},  {1, 2, false, 0},
                  {0, 1, true, 1}, {1, 4, false, 1}, {3, 4, false, 1}, {2, 3, true, 1}};
  report.decision_distances = {1.5f, 0.25f, 0.5f, 0.75f, 0.5f, 0.45f, 0.6f, 0.1f};
  return report;
}

TEST(PairErrors, AreThoseOfEachFoldsThreshold) {
  const EvaluationReport report = decided_folds();
  EXPECT_EQ(right_decisions(report), (std::vector<uint8_t>{0, 0, 1, 0, 0, 0, 1, 1}));
  const PairErrors errors = find_pair_errors(report);
  EXPECT_EQ(errors.false_accepts, 3);
  EXPECT_EQ(errors.false_rejects, 2);
  ASSERT_EQ(errors.hardest_accepts.size(), 3u);
  EXPECT_EQ(errors.hardest_accepts[0].distance_squared, 0.25f);  // ada and bob
  EXPECT_EQ(errors.hardest_accepts[0].second, 2);
  EXPECT_EQ(errors.hardest_accepts[0].threshold_squared_l2, 1.0);
  EXPECT_EQ(errors.hardest_accepts[1].distance_squared, 0.45f);
  EXPECT_EQ(errors.hardest_accepts[1].threshold_squared_l2, 0.5);
  EXPECT_EQ(errors.hardest_accepts[2].distance_squared, 0.75f);
  ASSERT_EQ(errors.hardest_rejects.size(), 2u);
  EXPECT_EQ(errors.hardest_rejects[0].distance_squared, 1.5f);
  EXPECT_EQ(errors.hardest_rejects[1].distance_squared, 0.5f);  // not below the threshold
}

TEST(PairErrors, CountForEveryPersonWhoTakesPart) {
  const PairErrors errors = find_pair_errors(decided_folds());
  ASSERT_EQ(errors.people.size(), 3u);
  EXPECT_EQ(errors.people[0].person, "ada");
  EXPECT_EQ(errors.people[0].false_accepts, 3);
  EXPECT_EQ(errors.people[0].false_rejects, 2);
  EXPECT_EQ(errors.people[0].comparisons, 5);
  EXPECT_EQ(errors.people[1].person, "bob");
  EXPECT_EQ(errors.people[1].errors(), 2);
  EXPECT_EQ(errors.people[1].comparisons, 5);  // a pair of bob with bob is one
  EXPECT_EQ(errors.people[2].person, "cyd");
  EXPECT_EQ(errors.people[2].errors(), 1);
}

TEST(PairErrors, AreNotThereWithoutDecisionsOrNames) {
  EvaluationReport report = decided_folds();
  report.images = {"0", "1", "2", "3", "4"};  // of a .bin file
  EXPECT_TRUE(find_pair_errors(report).people.empty());
  EXPECT_EQ(find_pair_errors(report).false_accepts, 3);
  report.verification.folds.clear();
  EXPECT_TRUE(right_decisions(report).empty());
  EXPECT_EQ(find_pair_errors(report).false_accepts, 0);
}

// Rows at random in four dimensions, against two loops over all pairs.
TEST(PairErrors, OfAllPairsAreThoseOfTwoLoops) {
  torch::manual_seed(3);
  constexpr int64_t kRows = 150, kPeople = 7;
  Tensor rows = torch::randn({kRows, 4});
  rows = (rows / rows.norm(2, {1}, /*keepdim=*/true)).contiguous();
  std::vector<int64_t> people;
  std::vector<std::string> names;
  for (int64_t i = 0; i < kRows; ++i) people.push_back(i % kPeople);
  for (int64_t i = 0; i < kPeople; ++i) names.push_back(std::string(1, static_cast<char>('a' + i)));
  constexpr double kThreshold = 0.6;
  const PairErrors errors = errors_of_all_pairs(rows, people, names, kThreshold);

  PairErrors naive;
  for (const std::string& name : names) naive.people.push_back({.person = name});
  for (int64_t i = 0; i < kRows; ++i) {
    for (int64_t j = 0; j < i; ++j) {
      const float distance = (rows[i] - rows[j]).pow(2).sum().item<float>();
      const bool same = people[i] == people[j], accepts = distance < kThreshold;
      if (std::abs(distance - kThreshold) < 1e-5) FAIL() << "a seed whose distances are not near the threshold";
      ++naive.people[people[i]].comparisons;
      if (!same) ++naive.people[people[j]].comparisons;
      if (accepts == same) continue;
      (accepts ? naive.hardest_accepts : naive.hardest_rejects).push_back({j, i, distance, kThreshold});
      for (const int64_t person : same ? std::vector{people[i]} : std::vector{people[i], people[j]}) {
        ++(accepts ? naive.people[person].false_accepts : naive.people[person].false_rejects);
      }
    }
  }
  EXPECT_EQ(errors.false_accepts, std::ssize(naive.hardest_accepts));
  EXPECT_EQ(errors.false_rejects, std::ssize(naive.hardest_rejects));
  EXPECT_GT(errors.false_accepts, 30);
  EXPECT_GT(errors.false_rejects, 30);
  sort_errors(naive);
  ASSERT_EQ(errors.hardest_accepts.size(), kMostHardPairs);
  ASSERT_EQ(errors.hardest_rejects.size(), kMostHardPairs);
  for (size_t i = 0; i < kMostHardPairs; ++i) {
    EXPECT_NEAR(errors.hardest_accepts[i].distance_squared, naive.hardest_accepts[i].distance_squared, 1e-5);
    EXPECT_NEAR(errors.hardest_rejects[i].distance_squared, naive.hardest_rejects[i].distance_squared, 1e-5);
    EXPECT_LT(errors.hardest_accepts[i].first, errors.hardest_accepts[i].second);
  }
  ASSERT_EQ(errors.people.size(), naive.people.size());
  for (size_t i = 0; i < naive.people.size(); ++i) {
    EXPECT_EQ(errors.people[i].person, naive.people[i].person);
    EXPECT_EQ(errors.people[i].errors(), naive.people[i].errors());
    EXPECT_EQ(errors.people[i].comparisons, naive.people[i].comparisons);
  }
}

}  // namespace
}  // namespace massface
