#include "evaluation/evaluation_sections.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "core/testing_text.h"
#include "evaluation/evaluation_charts.h"
#include "evaluation/testing_records.h"
#include "report/testing_page.h"

namespace massface {
namespace {

const std::vector<uint8_t> kFirstRight = {1, 0, 1, 1, 0, 1, 1, 1, 1, 1}, kSecondRight(10, 1);

std::string page_of(const std::vector<EvaluationRecord>& records) {
  return to_html({.title = "t", .summary = "", .sections = evaluation_sections(records)});
}

std::vector<std::string> headings_of(const std::vector<EvaluationRecord>& records) {
  std::vector<std::string> headings;
  for (const ReportSection& section : evaluation_sections(records)) headings.push_back(section.heading);
  return headings;
}

TEST(EvaluationSections, ShowTheFiguresTheCurvesAndTheErrors) {
  const std::vector<EvaluationRecord> one = {testing_record("first/softmax", kFirstRight)};
  EXPECT_EQ(headings_of(one), (std::vector<std::string>{"Evaluation", "Curves", "Thresholds", "People who fail most",
                                                        "False accepts", "False rejects"}));
  const std::string page = page_of(one);
  expect_well_formed(page);
  EXPECT_TRUE(has(page, "<td>80.00 ± 12.50 %</td>"));
  EXPECT_TRUE(has(page, "<td>50.00 ± 6.25 %</td>"));
  // 21 of 25 comparisons of a matched with a mismatched pair are right.
  EXPECT_TRUE(has(page, "<td>84.00 %</td>")) << page;
  EXPECT_TRUE(has(page, "too few comparisons"));
  // A squared distance of 0.75 is a cosine of 0.625; the thresholds are 1.125 and 1.25.
  EXPECT_TRUE(has(page, "<h3>Cosine 0.625</h3>\n<p>Threshold 0.438.</p>"));
  EXPECT_TRUE(has(page, "<h3>Cosine 0.000</h3>\n<p>Threshold 0.375.</p>"));
  EXPECT_EQ(count_of(page, "data:image/jpeg;base64,/9j/"), 4);
  EXPECT_TRUE(has(page, "<tr><td>ada</td><td>1</td><td>0</td><td>4</td>"));
  EXPECT_FALSE(has(page, "McNemar"));
}

// Of ten pairs, the second network alone is right on two: two coins show the same side with a probability of a half.
TEST(EvaluationSections, CompareNetworksOnTheSamePairs) {
  std::vector<EvaluationRecord> two = {testing_record("first", kFirstRight), testing_record("second", kSecondRight)};
  const std::string page = page_of(two);
  expect_well_formed(page);
  EXPECT_TRUE(
      has(page, "<tr><td>first and second</td><td>0</td><td>2</td><td>+20.00 %</td><td>0.5</td><td>no</td></tr>"))
      << page;
  EXPECT_TRUE(has(page, "False accepts of first"));
  EXPECT_FALSE(has(page, "different sizes"));
  two[1].fingerprint = "another";
  two[1].model.input_width = 96;
  EXPECT_TRUE(has(page_of(two), "not the same pairs"));
  EXPECT_TRUE(has(page_of(two), "different sizes"));
}

TEST(EvaluationSections, KeepSetsApart) {
  std::vector<EvaluationRecord> two = {testing_record("m", kFirstRight), testing_record("m", kSecondRight)};
  two[1].verification.name = "other";
  const auto headings = headings_of(two);
  EXPECT_EQ(std::ranges::count(headings, "Curves on small"), 1);
  EXPECT_EQ(std::ranges::count(headings, "False rejects on other"), 1);
  EXPECT_FALSE(has(page_of(two), "McNemar"));
}

TEST(EvaluationSections, ShowASetOfOneKindOfPairs) {
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  EvaluationRecord record = testing_record("m", {});
  record.verification = {.name = "same",
                         .num_pairs = 2,
                         .accuracy = kNone,
                         .accuracy_standard_error = kNone,
                         .val_at_far_1e_3 = kNone,
                         .val_standard_error = kNone,
                         .far_at_val = kNone,
                         .auc = kNone,
                         .eer = kNone,
                         .threshold_squared_l2 = kNone};
  record.pairs_of_fold.clear();
  ScoreHistogram scores;
  scores.add(0.5f, true);
  record.scores = summarise_scores(scores);
  record.thresholds.rows.clear();
  record.errors = {};
  const std::string page = page_of({record});
  expect_well_formed(page);
  EXPECT_EQ(headings_of({record}), (std::vector<std::string>{"Evaluation", "Curves"}));
  EXPECT_FALSE(has(page, "nan"));
}

TEST(EvaluationSections, NeitherNamesNorLostPicturesBreakThePage) {
  EvaluationRecord record = testing_record("<b>&\"", kFirstRight);
  record.accepts[0].first = "<i>/1.jpg";
  record.accepts[0].first_picture.bytes.clear();
  const std::string page = page_of({record});
  expect_well_formed(page);
  EXPECT_FALSE(has(page, "<b>"));
  EXPECT_FALSE(has(page, "<i>"));
  EXPECT_TRUE(has(page, "&lt;i&gt;/1.jpg could not be read again."));
  EXPECT_EQ(count_of(page, "data:image/jpeg"), 3);
}

TEST(EvaluationSections, CallNetworksOfOneNameByTheirPaths) {
  std::vector<EvaluationRecord> records = {testing_record("m", {}), testing_record("m", {}), testing_record("n", {})};
  records[1].model.weights = "other/m.safetensors";
  tell_apart(records);
  EXPECT_EQ(records[0].model.name, "runs/m.safetensors");
  EXPECT_EQ(records[1].model.name, "other/m.safetensors");
  EXPECT_EQ(records[2].model.name, "n");
}

// Three of five pairs of the first fold: Wilson's interval is 0.2307 to 0.8824.
TEST(EvaluationCharts, HaveWilsonsIntervals) {
  const EvaluationRecord record = testing_record("m", kFirstRight);
  const ReportChart folds = fold_chart({&record});
  ASSERT_EQ(folds.series.size(), 1u);
  ASSERT_EQ(folds.series[0].points.size(), 2u);
  EXPECT_DOUBLE_EQ(folds.series[0].points[0].x, 1);
  EXPECT_DOUBLE_EQ(folds.series[0].points[0].y, 0.6);
  EXPECT_NEAR(folds.series[0].points[0].low, 0.2307, 1e-4);
  EXPECT_NEAR(folds.series[0].points[0].high, 0.8824, 1e-4);
  EXPECT_EQ(folds.numbers.rows[1], (std::vector<std::string>{"2", "100.00 % at 1.2500"}));
}

// The first false match, at 0.7, has accepted three of the five matched pairs.
TEST(EvaluationCharts, DrawTheErrorsOverTheFalseMatches) {
  const EvaluationRecord record = testing_record("m", kFirstRight);
  const ReportChart det = det_chart({&record}), roc = roc_chart({&record});
  EXPECT_DOUBLE_EQ(det.series[0].points[0].x, 0.2);
  EXPECT_DOUBLE_EQ(det.series[0].points[0].y, 0.4);
  EXPECT_DOUBLE_EQ(roc.series[0].points[0].y, 0.6);
  EXPECT_NEAR(roc.series[0].points[0].low, 0.2307, 1e-4);
  EXPECT_EQ(det.x.scale, AxisScale::kLogarithmic);
  EXPECT_EQ(det.y.scale, AxisScale::kLogarithmic);
  EXPECT_EQ(roc.x.scale, AxisScale::kLogarithmic);
}

TEST(EvaluationCharts, ShowHowOftenEachScoreOccurs) {
  const EvaluationRecord record = testing_record("m", kFirstRight);
  const ReportChart chart = score_chart(record);
  ASSERT_EQ(chart.series.size(), 2u);
  double sum = 0;
  for (const ReportPoint& point : chart.series[1].points) sum += point.y;
  EXPECT_NEAR(sum, 1, 1e-12);
  // A squared distance of 0.25 is a cosine of 0.875.
  EXPECT_EQ(chart.numbers.rows.back(), (std::vector<std::string>{"0.86 to 0.88", "1", "0"}));
  ASSERT_EQ(chart.markers.size(), 1u);
  EXPECT_DOUBLE_EQ(chart.markers[0].x, 0.375);
}

}  // namespace
}  // namespace massface
