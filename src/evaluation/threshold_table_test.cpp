#include "evaluation/threshold_table.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "core/files.h"
#include "core/random.h"
#include "core/testing_folder.h"
#include "core/testing_text.h"
#include "evaluation/all_pairs.h"
#include "kernels/unit_rows.h"
#include "tensor_file/safetensors.h"

namespace massface {
namespace {

// 10,000 mismatched comparisons at 1.0001, 1.0002, ... 2 and 100 matched ones at 0.96, 0.97, ... 1.95.
ScoreHistogram ramps() {
  ScoreHistogram scores;
  for (int i = 1; i <= 10000; ++i) scores.add(1 + static_cast<float>(i) * 1e-4f, false);
  for (int i = 0; i < 100; ++i) scores.add(0.96f + static_cast<float>(i) * 0.01f, true);
  return scores;
}

// 1e-1: 1,000 of the 10,000 lie below 1.1001, and so do the 15 matched ones up to 1.10. 1e-3: ten lie below 1.0011, and
// five matched ones.
TEST(ThresholdTable, HoldsEachRateWithTheLargestThreshold) {
  const ThresholdTable table = make_threshold_table(ramps());
  EXPECT_EQ(table.matched, 100);
  EXPECT_EQ(table.mismatched, 10000);
  ASSERT_EQ(table.rows.size(), 6u);
  EXPECT_NEAR(*table.rows[0].threshold_squared_l2, 1.1001, 2 * ScoreHistogram::kBinWidth);
  EXPECT_DOUBLE_EQ(table.rows[0].false_matches.rate, 0.1);
  EXPECT_DOUBLE_EQ(table.rows[0].false_non_matches.rate, 0.85);
  EXPECT_NEAR(table.rows[0].threshold_cosine(), 1 - 1.1001 / 2, 1e-5);
  EXPECT_NEAR(*table.rows[2].threshold_squared_l2, 1.0011, 2 * ScoreHistogram::kBinWidth);
  EXPECT_DOUBLE_EQ(table.rows[2].false_matches.rate, 0.001);
  EXPECT_DOUBLE_EQ(table.rows[2].false_non_matches.rate, 0.95);
}

// 1e-4 of 10,000 comparisons would be one false match, from which nothing can be told.
TEST(ThresholdTable, SaysNothingOfRatesThatThePairsCannotShow) {
  const ThresholdTable table = make_threshold_table(ramps());
  EXPECT_FALSE(table.rows[3].threshold_squared_l2.has_value());
  EXPECT_FALSE(table.rows[5].threshold_squared_l2.has_value());
  EXPECT_EQ(table.row_of(1e-3).fmr, 1e-3);
  const std::string few = message_of<Error>([&] { table.row_of(1e-4); });
  EXPECT_NE(few.find("10000 mismatched comparisons, too few"), std::string::npos) << few;
  EXPECT_NE(message_of<Error>([&] { table.row_of(0.5); }).find("no row for a false match rate of 0.5"),
            std::string::npos);
}

// Worked out with the formula of Wilson's paper by hand; 0 of 10 and 10 of 10 are mirror images.
TEST(WilsonInterval, IsThatOfTheFormula) {
  const MeasuredRate half = wilson_interval(5, 10);
  EXPECT_DOUBLE_EQ(half.rate, 0.5);
  EXPECT_NEAR(half.low, 0.2366, 1e-4);
  EXPECT_NEAR(half.high, 0.7634, 1e-4);
  const MeasuredRate none = wilson_interval(0, 10), all = wilson_interval(10, 10);
  EXPECT_EQ(none.low, 0);  // exactly, since charts draw it on a logarithmic axis
  EXPECT_NEAR(none.high, 0.2775, 1e-4);
  EXPECT_NEAR(all.low, 1 - none.high, 1e-12);
  EXPECT_EQ(all.high, 1);
}

struct ThresholdFiles : TestingFolder {};

TEST_F(ThresholdFiles, TravelInTheWeightsAndChangeNothingElse) {
  const std::string file = path("w.safetensors");
  write_safetensors(file, {.tensors = {{"a", at::arange(5)}}, .metadata = {{"format", "massface-model-1"}}});
  EXPECT_FALSE(read_threshold_table(file).has_value());
  ThresholdTable table = make_threshold_table(ramps());
  table.set = "a \"set\"";
  table.fingerprint = "0123";
  table.flip = "sum";
  write_threshold_table(file, table);
  const auto read = read_threshold_table(file);
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(to_json_text(*read), to_json_text(table));
  EXPECT_EQ(*read->row_of(1e-2).threshold_squared_l2, *table.row_of(1e-2).threshold_squared_l2);
  const NamedTensors after = read_safetensors(file);
  EXPECT_TRUE(after.at("a").equal(at::arange(5)));
  EXPECT_EQ(after.metadata.at("format"), "massface-model-1");
  EXPECT_NE(message_of<Error>([] { parse_threshold_table("{\"set\": 3}", "w"); }).find("w: its threshold table is"),
            std::string::npos);
}

TEST_F(ThresholdFiles, AreNotWrittenIntoACheckpoint) {
  write_safetensors(path("model.safetensors"), {.tensors = {{"a", at::arange(5)}}});
  write_file_atomically(path("state.json"), "{}");
  const std::string message =
      message_of<Error>([&] { write_threshold_table(path("model.safetensors"), make_threshold_table(ramps())); });
  EXPECT_NE(message.find("belongs to a checkpoint"), std::string::npos) << message;
}

// The two figures of verify(), whose sweep is exact.
TEST(ScoreHistogram, HasTheCurveOfTheExactSweep) {
  Random random(3, RandomStream::kSyntheticPairs);
  PairDistances pairs;
  for (int i = 0; i < 4000; ++i) {
    const bool same = i % 2 == 0;
    const float distance = std::clamp((same ? 1.0f : 1.6f) + 0.3f * random.normal(), 0.0f, 4.0f);
    pairs.distance_squared.push_back(distance);
    pairs.same.push_back(same);
    pairs.fold.push_back(i / 2000);
  }
  const VerificationResult exact = verify(pairs, "pairs");
  const ScoreHistogram scores = ScoreHistogram::of(pairs);
  EXPECT_NEAR(area_under_curve(scores), exact.auc, 1e-4);
  EXPECT_NEAR(equal_error_rate(scores), exact.eer, 1e-3);
}

TEST(AllPairs, AreEachComparedOnce) {
  Random random(4, RandomStream::kSyntheticPairs);
  Tensor points = at::empty({150, 24});
  for (int64_t i = 0; i < points.numel(); ++i) points.mutable_data_ptr<float>()[i] = random.normal();
  points = unit_rows(points);
  std::vector<int64_t> people;
  for (int i = 0; i < 150; ++i) people.push_back(i * 7 % 40);
  const ScoreHistogram scores = scores_of_all_pairs(points, people);
  ScoreHistogram expected;
  int64_t matched = 0;
  for (int64_t i = 0; i < 150; ++i) {
    for (int64_t j = 0; j < i; ++j) {
      const bool same = people[static_cast<size_t>(i)] == people[static_cast<size_t>(j)];
      matched += same ? 1 : 0;
      expected.add((points[i] - points[j]).square().sum().item<float>(), same);
    }
  }
  EXPECT_EQ(scores.matched(), matched);
  EXPECT_EQ(scores.mismatched(), 150 * 149 / 2 - matched);
  // The same distances up to rounding, which may move one to the next bin.
  EXPECT_NEAR(area_under_curve(scores), area_under_curve(expected), 1e-6);
  EXPECT_NEAR(equal_error_rate(scores), equal_error_rate(expected), 1e-6);
  points[3][5] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_NE(message_of<Error>([&] { scores_of_all_pairs(points, people); }).find("not finite"), std::string::npos);
}

}  // namespace
}  // namespace massface
