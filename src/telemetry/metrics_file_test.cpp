#include "telemetry/metrics_file.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "telemetry/testing_reports.h"

namespace massface {
namespace {

TEST(MetricsLine, HoldsEveryNumberOfASoftmaxStep) {
  EXPECT_EQ(metrics_line(softmax_report(10)),
            R"({"kind":"step","phase":"softmax","step":10,"steps":100,"global_step":10,"epoch":0.25,"images":32,)"
            R"("loss":6.5,"learning_rate":0.125,"gradient_norm":2.5,"step_seconds":0.5,"data_seconds":0.25,)"
            R"("images_per_second":64.0,"accuracy":0.5})");
}

TEST(MetricsLine, HoldsWhatOnlyATripletStepKnows) {
  const auto line = nlohmann::json::parse(metrics_line(triplet_report(10)));
  EXPECT_EQ(line["triplets_selected"], 64);
  EXPECT_EQ(line["triplets_active"], 16);
  EXPECT_EQ(line["active_fraction"], 0.25);
  EXPECT_EQ(line["violating_fraction"], 0.125);
  EXPECT_EQ(line["mining_milliseconds"], 1.5);
  EXPECT_EQ(line["positive_histogram"].size(), 40u);
  EXPECT_EQ(line["positive_histogram"][7], 64);
  EXPECT_EQ(line["negative_histogram"][5], 64);
  EXPECT_EQ(line["positive_mean_squared_l2"], 0.75);
  EXPECT_EQ(line["negative_mean_squared_l2"], 0.5);
  EXPECT_EQ(line["pool_mean_squared_l2"], 1.5);
  EXPECT_FALSE(line.contains("accuracy"));
}

TEST(MetricsLine, HoldsThePartsOfALossThatIsASum) {
  StepReport report = triplet_report(10);
  report.loss_parts = {{"triplet", 0.25}, {"classification", 4.5}};
  const auto line = nlohmann::json::parse(metrics_line(report));
  EXPECT_EQ(line["triplet_loss"], 0.25);
  EXPECT_EQ(line["classification_loss"], 4.5);
  EXPECT_FALSE(nlohmann::json::parse(metrics_line(triplet_report(10))).contains("triplet_loss"));
}

TEST(MetricsLine, HoldsTheDistancesOfALossOfPairs) {
  StepReport report = softmax_report(10);
  report.pairs = PairReport{.mean_d_positive = 0.25, .mean_d_negative = 1.5};
  const auto line = nlohmann::json::parse(metrics_line(report));
  EXPECT_EQ(line["positive_mean_squared_l2"], 0.25);
  EXPECT_EQ(line["negative_mean_squared_l2"], 1.5);
}

TEST(MetricsLine, StaysJsonWhereNumbersAreNotFiniteAndNamesAreNotUtf8) {
  StepReport report = softmax_report(10);
  report.loss = std::numeric_limits<double>::quiet_NaN();
  report.gradient_norm = std::numeric_limits<double>::infinity();
  report.step_seconds = 0;
  report.phase = "\xff";
  const auto line = nlohmann::json::parse(metrics_line(report));
  EXPECT_TRUE(line["loss"].is_null());
  EXPECT_TRUE(line["gradient_norm"].is_null());
  EXPECT_TRUE(line["images_per_second"].is_null());
}

struct MetricsFileTest : testing::Test {
  TemporaryFolder folder;
  std::filesystem::path path = folder.path() / "metrics.jsonl";
};

TEST_F(MetricsFileTest, AppendsALineAtATime) {
  MetricsFile file(path, 0);
  file.append(softmax_report(1));
  file.append_scalar("validation", "validation_accuracy", 1, 0.75);
  EXPECT_EQ(read_text_file(path), metrics_line(softmax_report(1)) +
                                      "\n{\"kind\":\"validation\",\"global_step\":1,\"validation_accuracy\":0.75}\n");
}

TEST_F(MetricsFileTest, DropsTheStepsThatAResumedRunRepeats) {
  {
    MetricsFile file(path, 0);
    for (const int64_t step : {10, 20, 30, 40}) {
      file.append(softmax_report(step));
      file.append_scalar("time", "v", step, 1);
    }
  }
  MetricsFile resumed(path, 20);
  resumed.append(softmax_report(30));
  std::string expected;
  for (const int64_t step : {10, 20}) {
    expected += metrics_line(softmax_report(step)) + "\n" +
                fmt::format("{{\"kind\":\"time\",\"global_step\":{},\"v\":1.0}}\n", step);
  }
  EXPECT_EQ(read_text_file(path), expected + metrics_line(softmax_report(30)) + "\n");
}

TEST_F(MetricsFileTest, DropsHalfALineAtTheEndAndKeepsAWholeOneWithoutItsEnd) {
  const std::string whole = metrics_line(softmax_report(10));
  write_file_atomically(path, whole + "\n" + whole.substr(0, 40));
  MetricsFile{path, 20};
  EXPECT_EQ(read_text_file(path), whole + "\n");
  write_file_atomically(path, whole);
  MetricsFile{path, 20};
  EXPECT_EQ(read_text_file(path), whole + "\n");
}

TEST_F(MetricsFileTest, LeavesLinesThatItDoesNotUnderstand) {
  const std::string text = "a note\n{\"kind\":\"other\"}\n" + metrics_line(softmax_report(10)) + "\n";
  write_file_atomically(path, text);
  MetricsFile{path, 20};
  EXPECT_EQ(read_text_file(path), text);
}

}  // namespace
}  // namespace massface
