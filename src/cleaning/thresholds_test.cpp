#include "cleaning/thresholds.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/random.h"

namespace massface {
namespace {

// Normal with mean 0 and deviation 0.1: strangers. Mean 0.7: images of the person.
std::vector<float> drawn(int64_t count, float mean, uint32_t item) {
  Random random(3, RandomStream::kSyntheticImage, 0, item);
  std::vector<float> values;
  for (int64_t i = 0; i < count; ++i) values.push_back(mean + 0.1F * random.normal());
  return values;
}

TEST(Thresholds, TheOneForWrongLabelsEstimatesHowManyThereAre) {
  const auto strangers = drawn(20000, 0, 0);
  for (const double fraction : {0.02, 0.1, 0.3}) {
    std::vector<float> own = drawn(20000, 0.7F, 1);
    for (size_t i = 0; i < static_cast<size_t>(fraction * 20000); ++i) own[i] -= 0.7F;
    const auto threshold = wrong_label_threshold(own, strangers, 0.1);
    EXPECT_NEAR(threshold.wrong_fraction, fraction, 0.1 * fraction);
    EXPECT_GT(threshold.similarity, 0.25);
    EXPECT_LT(threshold.similarity, 0.45);
    EXPECT_LE(threshold.false_share, 0.1);
  }
}

TEST(Thresholds, TheOneForWrongLabelsStopsWhereRightLabelsBegin) {
  // Images of the person from 0.15 on, and 1 % strangers.
  std::vector<float> own = drawn(200, 0, 1);
  Random random(4, RandomStream::kSyntheticImage);
  while (own.size() < 20000) own.push_back(random.uniform(0.15F, 1));
  const auto strangers = drawn(20000, 0, 0);
  const auto threshold = wrong_label_threshold(own, strangers, 0.1);
  EXPECT_GT(threshold.similarity, 0.14);
  EXPECT_LT(threshold.similarity, 0.16);
  // Whoever accepts more false findings gets more of them.
  EXPECT_GT(wrong_label_threshold(own, strangers, 0.4).similarity, threshold.similarity);
}

TEST(Thresholds, FewImagesGiveTheMedianStranger) {
  const auto threshold = wrong_label_threshold({0.5F, -0.5F}, {0.1F, 0.2F, 0.3F}, 0.1);
  EXPECT_NEAR(threshold.similarity, 0.2, 1e-6);
  EXPECT_EQ(threshold.wrong_fraction, 0);
}

TEST(Thresholds, NearestStrangersFollowGumbelsLaw) {
  std::vector<float> nearest;
  Random random(5, RandomStream::kSyntheticImage);
  for (int i = 0; i < 4000; ++i) {
    float most = -1;
    for (int k = 0; k < 200; ++k) most = std::max(most, 0.1F * random.normal());
    nearest.push_back(most);
  }
  const NearestStrangerLaw law = fit_nearest_strangers(nearest);
  const auto share_above = [&](double threshold) {
    return static_cast<double>(std::ranges::count_if(nearest, [&](float x) { return x >= threshold; })) / 4000;
  };
  EXPECT_NEAR(share_above(law.threshold(0.1)), 0.1, 0.03);
  EXPECT_LT(share_above(law.threshold(0.01)), 0.015);
  // The nearest of twice as many strangers is above x with (nearly) twice the probability.
  EXPECT_NEAR(law.of_more_strangers(2).threshold(0.002), law.threshold(0.001), 1e-3);
  // A sixth of people who occur twice barely moves it.
  for (size_t i = 0; i < 660; ++i) nearest[i] = 0.9F;
  EXPECT_NEAR(fit_nearest_strangers(nearest).threshold(1e-3), law.threshold(1e-3), 0.02);
}

TEST(Thresholds, NothingReachesAThresholdOfTooFewPeople) {
  EXPECT_EQ(fit_nearest_strangers({0.1F, 0.2F}).threshold(0.5), 1);
}

}  // namespace
}  // namespace massface
