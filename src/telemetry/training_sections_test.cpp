#include "telemetry/training_sections.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "core/error.h"
#include "core/files.h"
#include "core/testing_text.h"
#include "report/testing_page.h"
#include "telemetry/metrics_file.h"
#include "telemetry/testing_reports.h"

namespace massface {
namespace {

struct ReadMetrics : TestingFolder {
  // Two softmax steps, a measurement, and a triplet step.
  std::string two_phases() {
    MetricsFile file(folder_ / "metrics.jsonl", 0);
    file.append(softmax_report(10));
    file.append(softmax_report(20));
    file.append_scalar("validation", "validation_accuracy", 20, 0.75);
    file.append_scalar("verification", "lfw_accuracy", 20, 0.875);
    StepReport triplet = triplet_report(10);
    triplet.global_step = 30;
    file.append(triplet);
    return read_text_file(folder_ / "metrics.jsonl");
  }
  RunMetrics read(const std::string& text) { return read_metrics(write("metrics.jsonl", text)); }
};

TEST_F(ReadMetrics, FindsEveryValueAtItsStep) {
  const RunMetrics metrics = read(two_phases());
  ASSERT_EQ(metrics.phases.size(), 2u);
  EXPECT_EQ(metrics.phases[0].name, "softmax");
  EXPECT_EQ(metrics.phases[0].last_step, 20);
  EXPECT_EQ(metrics.phases[0].steps, 100);
  EXPECT_EQ(metrics.phases[1].first_step, 30);
  EXPECT_EQ(metrics.of("step", "loss").size(), 3u);
  ASSERT_EQ(metrics.of("step", "active_fraction").size(), 1u);
  EXPECT_EQ(metrics.of("step", "active_fraction")[0].global_step, 30);
  EXPECT_EQ(metrics.of("step", "active_fraction")[0].value, 0.25);
  EXPECT_EQ(metrics.of("verification", "lfw_accuracy")[0].value, 0.875);
  EXPECT_TRUE(metrics.of("step", "positive_histogram").empty());
  EXPECT_TRUE(metrics.of("step", "nothing").empty());
  EXPECT_TRUE(metrics.damaged_lines.empty());
}

TEST_F(ReadMetrics, GoesOnAfterDamagedLines) {
  const std::string whole = two_phases();
  const RunMetrics metrics = read("a note\n" + whole +
                                  "{\"kind\":\"step\"}\n[1]\n{\"kind\":\"step\",\"global_step\":1e30}\n"
                                  "\xff\xfe\n{\"kind\":\"validation\",\"global_step\":-1}\n");
  EXPECT_EQ(metrics.damaged_lines, (std::vector<int64_t>{1, 7, 8, 9, 10, 11}));
  EXPECT_EQ(metrics.of("step", "loss").size(), 3u);
}

TEST_F(ReadMetrics, DoesNotComplainOfALineThatAKillHasCutOff) {
  const std::string whole = two_phases();
  const RunMetrics metrics = read(whole + whole.substr(0, 40));
  EXPECT_TRUE(metrics.damaged_lines.empty());
  EXPECT_EQ(metrics.of("step", "loss").size(), 3u);
}

TEST_F(ReadMetrics, RefusesAFileWithoutMeasurements) {
  const auto error = [&](const std::string& text) { return message_of<Error>([&] { read(text); }); };
  EXPECT_TRUE(has(error(""), "metrics.jsonl: has no measurements (0 lines that are no records)"));
  EXPECT_TRUE(has(error("a\nb\n"), "has no measurements (2 lines"));
  EXPECT_TRUE(has(message_of<Error>([&] { read_metrics(path("none.jsonl")); }), "none.jsonl"));
}

TEST_F(ReadMetrics, SortsStepsThatAreOutOfOrder) {
  const RunMetrics metrics = read(metrics_line(softmax_report(20)) + "\n" + metrics_line(softmax_report(10)) + "\n");
  EXPECT_EQ(metrics.of("step", "loss")[0].global_step, 10);
}

TEST(ReducePoints, KeepsFewAndShowsTheExtremesOfMany) {
  const std::vector<MetricsPoint> points = {{1, 3}, {2, 5}, {3, 1}, {4, 9}, {5, 2}};
  const auto all = reduce_points(points, 10);
  ASSERT_EQ(all.size(), 5u);
  EXPECT_EQ(all[3].x, 4);
  EXPECT_EQ(all[3].low, 9);
  EXPECT_EQ(all[3].high, 9);
  const auto two = reduce_points(points, 2);  // steps 1 and 2, and 3 to 5
  ASSERT_EQ(two.size(), 2u);
  EXPECT_DOUBLE_EQ(two[0].x, 1.5);
  EXPECT_DOUBLE_EQ(two[0].y, 4);
  EXPECT_DOUBLE_EQ(two[1].y, 4);
  EXPECT_EQ(two[1].low, 1);
  EXPECT_EQ(two[1].high, 9);
  EXPECT_TRUE(reduce_points({}, 2).empty());
}

TEST_F(ReadMetrics, BecomesAPageOfCurves) {
  const RunMetrics metrics = read(two_phases());
  const auto sections = training_sections({{"first", metrics}});
  ASSERT_EQ(sections.size(), 1u);
  std::vector<std::string> headings;
  for (const ReportChart& chart : sections[0].charts) headings.push_back(chart.heading);
  EXPECT_EQ(headings, (std::vector<std::string>{"Loss", "Verification accuracy", "Accuracy on the batches",
                                                "Active and violating triplets", "Distances", "Learning rate",
                                                "Gradient norm", "Speed"}));
  const ReportChart& accuracy = sections[0].charts[1];
  ASSERT_EQ(accuracy.series.size(), 2u);
  EXPECT_EQ(accuracy.series[0].name, "held-out people");
  EXPECT_EQ(accuracy.series[1].name, "lfw");
  EXPECT_EQ(accuracy.numbers.rows[0], (std::vector<std::string>{"20", "75.00 %", "87.50 %"}));
  const ReportChart& loss = sections[0].charts[0];
  ASSERT_EQ(loss.markers.size(), 2u);
  EXPECT_EQ(loss.markers[1].label, "triplet");
  EXPECT_EQ(loss.markers[1].x, 30);
  const std::string page = to_html({.title = "t", .summary = "", .sections = sections});
  expect_well_formed(page);
  EXPECT_TRUE(has(page, "<tr><td>first</td><td>softmax, triplet</td><td>30</td><td>6.5</td><td>75.00 % at 20</td>"));
}

TEST_F(ReadMetrics, ComparesRunsByColourAndValuesByPattern) {
  const RunMetrics metrics = read(two_phases());
  const auto sections = training_sections({{"first", metrics}, {"<second>", metrics}});
  const ReportChart& loss = sections[0].charts[0];
  ASSERT_EQ(loss.series.size(), 2u);
  EXPECT_EQ(loss.series[1].name, "<second>");
  EXPECT_EQ(loss.series[1].colour, 1u);
  const ReportChart& distances = sections[0].charts[4];
  ASSERT_EQ(distances.series.size(), 6u);
  EXPECT_EQ(distances.series[4].name, "<second>: negative");
  EXPECT_EQ(distances.series[4].colour, 1u);
  EXPECT_EQ(distances.series[4].pattern, 1u);
  expect_well_formed(to_html({.title = "t", .summary = "", .sections = sections}));
}

TEST_F(ReadMetrics, SaysHowManyLinesWereLeftOut) {
  const RunMetrics metrics = read(two_phases() + "damage\n");
  const auto sections = training_sections({{"first", metrics}});
  ASSERT_EQ(sections[0].paragraphs.size(), 1u);
  EXPECT_EQ(sections[0].paragraphs[0],
            "first: 1 lines of metrics.jsonl are no records and were left out, such as line 6.");
}

}  // namespace
}  // namespace massface
