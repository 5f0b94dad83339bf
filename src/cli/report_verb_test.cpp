#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/testing_verb.h"
#include "cli/verbs.h"
#include "core/error.h"
#include "core/files.h"
#include "core/testing_folder.h"
#include "core/testing_text.h"
#include "evaluation/testing_records.h"
#include "report/testing_page.h"
#include "telemetry/metrics_file.h"

namespace massface {
namespace {

// Two runs of three steps; the second one with another rate and an evaluation.
struct ReportVerb : TestingFolder {
  ReportVerb() {
    for (const std::string run : {"first", "second"}) {
      write(run + "/options.toml", "seed = 1\n[[phase]]\nname = \"softmax\"\noptimizer.learning_rate = " +
                                       std::string(run == "first" ? "0.1" : "0.2") + "\n");
      MetricsFile metrics(path(run + "/metrics.jsonl"), 0);
      for (int64_t step = 1; step <= 3; ++step) {
        metrics.append({.phase = "softmax",
                        .step = step,
                        .steps = 3,
                        .global_step = step,
                        .images = 8,
                        .loss = 8.0 / static_cast<double>(step),
                        .learning_rate = 0.1,
                        .gradient_norm = 1,
                        .step_seconds = 1});
      }
    }
    write("second/evaluations/softmax-small.json",
          record_json(testing_record("second/softmax", std::vector<uint8_t>(10, 1))).dump());
  }
  std::string run(std::vector<std::string> words) {
    words.insert(words.begin(), "report");
    return verb_output(add_report_verb, std::move(words));
  }
  std::string error_of(std::vector<std::string> words) {
    return message_of<Error>([&] { run(std::move(words)); });
  }
};

TEST_F(ReportVerb, WritesThePageOfARunIntoIt) {
  EXPECT_TRUE(has(run({path("first")}), "1 run, 0 recorded evaluations"));
  const std::string page = read_text_file(path("first/report.html"));
  expect_well_formed(page);
  EXPECT_TRUE(has(page, "Training run first"));
  EXPECT_TRUE(has(page, "<td>softmax</td><td>3</td><td>2.667</td>"));
  EXPECT_FALSE(has(page, "Accuracy of each fold"));
  run({path("first") + "/"});  // replaces it
}

TEST_F(ReportVerb, ShowsEvaluationsOfARunWithoutMeasurements) {
  write("second/metrics.jsonl", "");
  EXPECT_TRUE(has(run({path("second")}), "1 recorded evaluation"));
  const std::string page = read_text_file(path("second/report.html"));
  EXPECT_TRUE(has(page, "Accuracy of each fold"));
  EXPECT_TRUE(has(page, "has no measurements"));
  write("first/metrics.jsonl", "");
  EXPECT_TRUE(has(error_of({path("first")}), "has no measurements"));
}

TEST_F(ReportVerb, ComparesRunsAndShowsTheirEvaluations) {
  const auto json = nlohmann::json::parse(run({path("first"), path("second"), "--out", path("both.html"), "--json"}));
  EXPECT_EQ(json["runs"], 2);
  EXPECT_EQ(json["evaluations"], 1);
  EXPECT_EQ(json["page"], path("both.html"));
  const std::string page = read_text_file(path("both.html"));
  expect_well_formed(page);
  EXPECT_TRUE(has(page, "Comparison of 2 training runs"));
  EXPECT_TRUE(has(page, "<tr><td>softmax.optimizer.learning_rate</td><td>0.1</td><td>0.2</td></tr>"));
  EXPECT_FALSE(has(page, "<td>seed</td>"));
  EXPECT_TRUE(has(page, "second/softmax on small"));
  EXPECT_TRUE(has(page, "Accuracy of each fold"));
}

TEST_F(ReportVerb, GoesOnAfterWhatIsDamaged) {
  write("first/metrics.jsonl", read_text_file(path("first/metrics.jsonl")) + "{\"kind\":\n");
  write("first/evaluations/a.json", "{\"format\":\"other\"}");
  const auto json = nlohmann::json::parse(run({path("first"), "--json"}));
  EXPECT_EQ(json["damaged_lines"], 1);
  EXPECT_EQ(json["evaluations"], 0);
  const std::string page = read_text_file(path("first/report.html"));
  EXPECT_TRUE(has(page, "1 lines of metrics.jsonl are no records and were left out, such as line 4"));
  EXPECT_TRUE(has(page, "<h2>Left out</h2>"));
  EXPECT_TRUE(has(page, "a.json: not a recorded evaluation: its format is not massface-evaluation-1"));
}

TEST_F(ReportVerb, SaysWhatARunLacks) {
  EXPECT_TRUE(has(error_of({}), "report needs a run directory"));
  EXPECT_TRUE(has(error_of({path("nowhere")}), "is not a run directory: it has no options.toml"));
  std::filesystem::remove(path("first/metrics.jsonl"));
  EXPECT_TRUE(has(error_of({path("first")}), "neither measurements (metrics.jsonl) nor recorded evaluations"));
  std::filesystem::remove(path("second/metrics.jsonl"));
  run({path("second")});
  EXPECT_TRUE(has(read_text_file(path("second/report.html")), "second has no metrics.jsonl"));
  EXPECT_TRUE(has(error_of({path("second"), "--out", path("page.txt")}), "whose name ends in .html"));
  EXPECT_TRUE(has(error_of({path("second"), "--out", path("nowhere/page.html")}), "nowhere"));
}

TEST_F(ReportVerb, CallsRunsOfOneNameByTheirPaths) {
  std::filesystem::create_directories(path("other"));
  std::filesystem::copy(path("first"), path("other/first"), std::filesystem::copy_options::recursive);
  run({path("first"), path("other/first"), "--out", path("both.html")});
  EXPECT_TRUE(has(read_text_file(path("both.html")), path("other/first")));
}

}  // namespace
}  // namespace massface
