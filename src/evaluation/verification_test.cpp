#include "evaluation/verification.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <set>

#include "core/error.h"
#include "core/random.h"
#include "core/testing_folder.h"

namespace massface {
namespace {

struct Builder {
  PairDistances pairs;

  Builder& matched(int64_t fold, const std::vector<float>& distances) { return add(fold, distances, 1); }
  Builder& mismatched(int64_t fold, const std::vector<float>& distances) { return add(fold, distances, 0); }

 private:
  Builder& add(int64_t fold, const std::vector<float>& distances, uint8_t same) {
    for (const float d : distances) {
      pairs.distance_squared.push_back(d);
      pairs.same.push_back(same);
      pairs.fold.push_back(fold);
    }
    return *this;
  }
};

PairDistances two_folds() {
  return Builder()
      .matched(0, {0.25f, 0.5f})
      .mismatched(0, {1.0f, 1.5f})
      .matched(1, {0.375f, 1.25f})
      .mismatched(1, {0.75f, 2.0f})
      .pairs;
}

TEST(Verify, ChoosesEachFoldsThresholdOnTheOtherFolds) {
  const auto result = verify(two_folds(), "set");
  ASSERT_EQ(result.folds.size(), 2u);
  // Fold 1 alone: (0.375, 0.75] and (1.25, 2] are equally good; the middle of the lower one is chosen.
  EXPECT_EQ(result.folds[0].threshold_squared_l2, 0.5625);
  EXPECT_EQ(result.folds[0].accuracy, 1.0);
  EXPECT_EQ(result.folds[1].threshold_squared_l2, 0.75);
  EXPECT_EQ(result.folds[1].accuracy, 0.75);  // 1.25 is matched and lies above
  EXPECT_EQ(result.folds[1].fold, 1);
  EXPECT_EQ(result.accuracy, 0.875);
  EXPECT_DOUBLE_EQ(result.accuracy_standard_error, 0.125);  // sqrt(2 * 0.125^2 / 1) / sqrt(2)
  EXPECT_EQ(result.name, "set");
  EXPECT_EQ(result.num_pairs, 8);
}

TEST(Verify, ReportsTheCurveAndTheThresholdToDeployOverAllPairs) {
  const auto result = verify(two_folds(), "set");
  EXPECT_EQ(result.auc, 0.875);  // 14 of the 16 combinations are in order
  EXPECT_EQ(result.eer, 0.25);
  EXPECT_EQ(result.threshold_squared_l2, 0.625);  // (0.5, 0.75] has one mistake
}

TEST(Verify, TakesValWithTheThresholdOfTheOtherFolds) {
  const auto result = verify(two_folds(), "set");
  // With two mismatched pairs, none may pass: fold 0 is cut at fold 1's 0.75 (2 of 2 accepted), fold 1 at fold 0's 1.0
  // (1 of 2 accepted, and the mismatched 0.75).
  EXPECT_EQ(result.val_at_far_1e_3, 0.75);
  EXPECT_DOUBLE_EQ(result.val_standard_error, 0.25);
  EXPECT_EQ(result.far_at_val, 0.25);
}

TEST(Verify, LetsOneMismatchedPairInAThousandPass) {
  const auto result_with = [](int count) {
    std::vector<float> mismatched;
    for (int i = 0; i < count; ++i) mismatched.push_back(1.0f + static_cast<float>(i) / 1024);
    Builder builder;
    for (const int fold : {0, 1})
      builder.matched(fold, {0.5f, 1 + 0.5f / 1024, 1 + 1.5f / 1024, 1 + 2.5f / 1024}).mismatched(fold, mismatched);
    return verify(builder.pairs, "set");
  };
  EXPECT_EQ(result_with(999).val_at_far_1e_3, 0.25);
  EXPECT_EQ(result_with(1000).val_at_far_1e_3, 0.5);
  EXPECT_EQ(result_with(1999).val_at_far_1e_3, 0.5);
  EXPECT_EQ(result_with(2000).val_at_far_1e_3, 0.75);
  EXPECT_EQ(result_with(2000).far_at_val, 0.001);
  EXPECT_EQ(result_with(999).far_at_val, 0.0);
}

TEST(Verify, CountsEqualDistancesHalfInAucAndInterpolatesEer) {
  const auto result = verify(Builder().matched(0, {0.5f, 1.0f}).mismatched(0, {1.0f, 1.5f}).pairs, "set");
  EXPECT_EQ(result.auc, 0.875);  // 3.5 of 4
  // From (FAR, FRR) = (0, 0.5) straight to (0.5, 0).
  EXPECT_EQ(result.eer, 0.25);
  // A matched and a mismatched pair at 1.0 leave the accuracy as it was: one plateau (0.5, 1.5].
  EXPECT_EQ(result.threshold_squared_l2, 1.0);
}

TEST(Verify, AcceptsOnlyBelowTheThreshold) {
  // The threshold is 1.0 exactly; the mismatched pair at 1.0 is rejected and the matched one missed.
  const auto result = verify(Builder().matched(0, {0.5f, 1.0f}).mismatched(0, {1.0f, 1.5f}).pairs, "set");
  EXPECT_EQ(result.folds[0].accuracy, 0.75);
  EXPECT_EQ(result.val_at_far_1e_3, 0.5);
  EXPECT_EQ(result.far_at_val, 0.0);
}

TEST(Verify, BoundsTheOuterPlateausByZeroAndFour) {
  EXPECT_EQ(verify(Builder().matched(0, {3.0f}).mismatched(0, {1.0f, 2.0f}).pairs, "x").threshold_squared_l2, 0.5);
  EXPECT_EQ(verify(Builder().matched(0, {1.0f, 2.0f, 3.0f}).mismatched(0, {0.5f}).pairs, "x").threshold_squared_l2,
            3.5);
  // Rounding can push a distance to 4 and above: it must still be below the threshold that accepts everything.
  const auto beyond = verify(Builder().matched(0, {4.0f, 4.000001f}).mismatched(0, {0.5f}).pairs, "x");
  EXPECT_GT(beyond.threshold_squared_l2, double{4.000001f});
  EXPECT_EQ(beyond.folds[0].accuracy, 2.0 / 3);
}

TEST(Verify, ChoosesTheThresholdOnTheFoldItselfWhenItIsTheOnlyOne) {
  const auto result = verify(Builder().matched(7, {0.5f}).mismatched(7, {1.5f}).pairs, "set");
  ASSERT_EQ(result.folds.size(), 1u);
  EXPECT_EQ(result.folds[0].fold, 7);
  EXPECT_EQ(result.folds[0].threshold_squared_l2, 1.0);
  EXPECT_EQ(result.accuracy, 1.0);
  EXPECT_EQ(result.accuracy_standard_error, 0.0);
  EXPECT_EQ(result.val_standard_error, 0.0);
  EXPECT_EQ(result.eer, 0.0);
  EXPECT_EQ(result.auc, 1.0);
}

TEST(Verify, GivesChanceWhenAllDistancesAreEqual) {
  const auto result =
      verify(Builder().matched(0, {1, 1}).mismatched(0, {1, 1}).matched(1, {1}).mismatched(1, {1}).pairs, "x");
  EXPECT_EQ(result.accuracy, 0.5);
  EXPECT_EQ(result.auc, 0.5);
  EXPECT_EQ(result.eer, 0.5);
  EXPECT_EQ(result.val_at_far_1e_3, 0.0);
}

TEST(Verify, RefusesDistancesThatAreNotFinite) {
  auto pairs = two_folds();
  pairs.distance_squared[2] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(message_of<Error>([&] { verify(pairs, "LFW"); }),
            "LFW: the distance of pair 3 is nan; the embeddings are not finite numbers, so the weights are damaged or "
            "their training has diverged");
  pairs.distance_squared[2] = std::numeric_limits<float>::infinity();
  EXPECT_NE(message_of<Error>([&] { verify(pairs, "LFW"); }), "");
}

TEST(Verify, RefusesAFoldWithoutMatchedOrMismatchedPairs) {
  const auto no_matched = Builder().matched(0, {1}).mismatched(0, {1}).mismatched(3, {1, 2}).pairs;
  EXPECT_EQ(message_of<Error>([&] { verify(no_matched, "LFW"); }),
            "LFW: fold 4 has 0 matched and 2 mismatched pairs; a verification needs at least one of each");
  const auto no_mismatched = Builder().matched(0, {1, 2}).matched(1, {1}).pairs;
  EXPECT_EQ(message_of<Error>([&] { verify(no_mismatched, "LFW"); }),
            "LFW: the whole set has 3 matched and 0 mismatched pairs; a verification needs at least one of each");
  EXPECT_NE(message_of<Error>([] { verify({}, "LFW"); }), "");
}

TEST(VerifyByFold, MeasuresEachFoldByItsOwnDistances) {
  // Matched pairs are nearer in fold 0's distances, mismatched pairs in fold 1's.
  const PairDistances right{{0.1f, 0.9f, 0.1f, 0.9f}, {1, 0, 1, 0}, {0, 0, 1, 1}};
  const PairDistances wrong{{0.1f, 0.9f, 0.9f, 0.1f}, {1, 0, 1, 0}, {0, 0, 1, 1}};
  const VerificationResult result = verify_by_fold(
      right, [&](int64_t fold) { return fold == 0 ? right : wrong; }, "set");
  EXPECT_EQ(result.folds[0].accuracy, 1.0);
  EXPECT_EQ(result.folds[1].accuracy, 0.0);
  EXPECT_EQ(result.accuracy, 0.5);
  EXPECT_EQ(result.auc, 1.0);
}

TEST(RocCurve, GivesThePointsAndTheLargestThresholdOfEach) {
  const auto curve = roc_curve(Builder().matched(0, {0.5f, 1.0f}).mismatched(0, {1.0f, 1.5f}).pairs);
  ASSERT_EQ(curve.size(), 4u);
  const double expected[4][3] = {{0, 0, 0.5}, {0, 0.5, 1.0}, {0.5, 1, 1.5}, {1, 1, 4}};
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(curve[i].false_accept_rate, expected[i][0]);
    EXPECT_EQ(curve[i].true_accept_rate, expected[i][1]);
    EXPECT_EQ(curve[i].threshold_squared_l2, expected[i][2]);
  }
}

// The definitions, spelled out with loops over every threshold and every pair.
struct Naive {
  const PairDistances& pairs;
  size_t size() const { return pairs.same.size(); }

  using Uses = std::function<bool(int64_t fold)>;

  double accuracy(double threshold, const Uses& uses) const {
    double right = 0, all = 0;
    for (size_t i = 0; i < size(); ++i) {
      if (!uses(pairs.fold[i])) continue;
      right += (pairs.distance_squared[i] < threshold) == (pairs.same[i] == 1);
      all += 1;
    }
    return right / all;
  }

  double accept_rate(double threshold, uint8_t same, const Uses& uses) const {
    double accepted = 0, all = 0;
    for (size_t i = 0; i < size(); ++i) {
      if (!uses(pairs.fold[i]) || pairs.same[i] != same) continue;
      accepted += pairs.distance_squared[i] < threshold;
      all += 1;
    }
    return accepted / all;
  }

  std::vector<double> distinct(const Uses& uses) const {
    std::set<double> values;
    for (size_t i = 0; i < size(); ++i) {
      if (uses(pairs.fold[i])) values.insert(pairs.distance_squared[i]);
    }
    return {values.begin(), values.end()};
  }

  double best_threshold(const Uses& uses) const {
    std::vector<double> edges = distinct(uses);
    edges.insert(edges.begin(), 0.0);
    edges.push_back(4.0);
    double best = 0;
    for (size_t i = 1; i < edges.size(); ++i) best = std::max(best, accuracy((edges[i - 1] + edges[i]) / 2, uses));
    size_t first = 1;
    while (accuracy((edges[first - 1] + edges[first]) / 2, uses) < best) ++first;
    size_t last = first;
    while (last + 1 < edges.size() && accuracy((edges[last] + edges[last + 1]) / 2, uses) == best) ++last;
    return (edges[first - 1] + edges[last]) / 2;
  }

  double val_threshold(const Uses& uses) const {
    double threshold = 0;
    for (const double candidate : distinct(uses)) {
      if (accept_rate(candidate, 0, uses) <= 1e-3) threshold = candidate;
    }
    return threshold;
  }

  double auc() const {
    double ordered = 0, all = 0;
    for (size_t i = 0; i < size(); ++i) {
      for (size_t j = 0; j < size(); ++j) {
        if (pairs.same[i] != 1 || pairs.same[j] != 0) continue;
        const float a = pairs.distance_squared[i], b = pairs.distance_squared[j];
        ordered += a < b ? 1 : a == b ? 0.5 : 0;
        all += 1;
      }
    }
    return ordered / all;
  }

  // Walks the joined points until FAR - FRR changes its sign, then halves that line until both are equal.
  double eer() const {
    const Uses everything = [](int64_t) { return true; };
    std::vector<double> thresholds = distinct(everything);
    thresholds.push_back(5);
    double far_a = 0, frr_a = 1;
    for (const double t : thresholds) {
      double far_b = accept_rate(t, 0, everything), frr_b = 1 - accept_rate(t, 1, everything);
      if (far_b >= frr_b) {
        for (int i = 0; i < 60; ++i) {
          const double far = (far_a + far_b) / 2, frr = (frr_a + frr_b) / 2;
          (far < frr ? far_a : far_b) = far;
          (far < frr ? frr_a : frr_b) = frr;
        }
        return (far_a + frr_a) / 2;
      }
      far_a = far_b;
      frr_a = frr_b;
    }
    return 1;
  }
};

TEST(Verify, AgreesWithTheDefinitionsOnRandomPairsWithTies) {
  for (uint64_t seed = 0; seed < 60; ++seed) {
    Random random(seed, RandomStream::kImageChoice);
    const int64_t num_folds = 2 + static_cast<int64_t>(random.below(4));
    const uint64_t steps = random.below(2) == 0 ? 16 : 1 << 20;  // many ties, or hardly any
    PairDistances pairs;
    for (int64_t i = 0; i < 200; ++i) {
      const bool same = random.below(2) == 0;
      const float spread = static_cast<float>(random.below(steps)) / static_cast<float>(steps);  // exact in float
      pairs.distance_squared.push_back(same ? 2 * spread : 0.5f + 3 * spread);
      pairs.same.push_back(same);
      pairs.fold.push_back(i % num_folds);
    }
    const auto result = verify(pairs, "random");
    const Naive naive{pairs};
    double accuracy = 0, val = 0, far = 0;
    ASSERT_EQ(std::ssize(result.folds), num_folds);
    for (int64_t fold = 0; fold < num_folds; ++fold) {
      const auto others = [fold](int64_t f) { return f != fold; };
      const auto inside = [fold](int64_t f) { return f == fold; };
      const double threshold = naive.best_threshold(others);
      EXPECT_EQ(result.folds[fold].threshold_squared_l2, threshold) << "seed " << seed;
      EXPECT_EQ(result.folds[fold].accuracy, naive.accuracy(threshold, inside)) << "seed " << seed;
      accuracy += naive.accuracy(threshold, inside) / static_cast<double>(num_folds);
      val += naive.accept_rate(naive.val_threshold(others), 1, inside) / static_cast<double>(num_folds);
      far += naive.accept_rate(naive.val_threshold(others), 0, inside) / static_cast<double>(num_folds);
    }
    EXPECT_NEAR(result.accuracy, accuracy, 1e-12);
    EXPECT_NEAR(result.val_at_far_1e_3, val, 1e-12) << "seed " << seed;
    EXPECT_NEAR(result.far_at_val, far, 1e-12) << "seed " << seed;
    EXPECT_NEAR(result.auc, naive.auc(), 1e-12) << "seed " << seed;
    EXPECT_NEAR(result.eer, naive.eer(), 1e-12) << "seed " << seed;
    EXPECT_EQ(result.threshold_squared_l2, naive.best_threshold([](int64_t) { return true; })) << "seed " << seed;
  }
}

TEST(Verify, DoesNotDependOnTheOrderOfThePairs) {
  PairDistances forward = two_folds();
  PairDistances backward = forward;
  std::ranges::reverse(backward.distance_squared);
  std::ranges::reverse(backward.same);
  std::ranges::reverse(backward.fold);
  const auto a = verify(forward, "x");
  const auto b = verify(backward, "x");
  EXPECT_EQ(a.accuracy, b.accuracy);
  EXPECT_EQ(a.threshold_squared_l2, b.threshold_squared_l2);
  EXPECT_EQ(a.folds[0].accuracy, b.folds[0].accuracy);
}

}  // namespace
}  // namespace massface
