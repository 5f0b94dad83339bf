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
#include "evaluation/evaluation_record.h"
#include "evaluation/testing_faces.h"
#include "image/encode.h"
#include "report/testing_page.h"

namespace massface {
namespace {

using Json = nlohmann::json;

const std::string kFirst = "runs/first/softmax.safetensors", kSecond = "runs/second/softmax.safetensors";

// Three folds of two matched and two mismatched pairs; both images of a person are the same picture. In each fold, one
// mismatched pair is of one picture under two names: bob's second image is ada's.
struct EvaluateReportVerb : TestingFolder {
  EvaluateReportVerb() {
    for (const std::string person : {"ada", "bob", "eve", "<fay>"}) {
      write_face(person, "1", person[0]);
      write_face(person, "2", person == "bob" ? 'a' : person[0]);
    }
    std::string pairs = "3 2\n";
    for (int fold = 0; fold < 3; ++fold) pairs += "ada 1 2\neve 1 2\nada 1 bob 2\neve 2 <fay> 2\n";
    write("pairs.txt", pairs);
    write("runs/first/options.toml", "");
    write("runs/second/options.toml", "");
    save_model(path(kFirst), tiny_model());
    save_model(path(kSecond),
               make_model({.name = "mobilefacenet", .embedding_size = 16}, {.height = 32, .width = 48}, 2));
    save_model(path("alone.safetensors"), tiny_model());
  }
  void write_face(const std::string& person, const std::string& number, char seed) {
    const auto png = encode_png(noise_image(static_cast<uint64_t>(seed)));
    write("faces/" + person + "/" + person + "_000" + number + ".png", std::string(png.begin(), png.end()));
  }
  std::string run(std::vector<std::string> models, std::vector<std::string> options) {
    std::vector<std::string> words = {"evaluate"};
    for (const std::string& model : models) words.push_back(path(model));
    words.insert(words.end(), {"--pairs", path("pairs.txt"), "--images", path("faces"), "--device", "cpu"});
    words.insert(words.end(), options.begin(), options.end());
    return verb_output(add_evaluate_verb, words);
  }
  std::string error_of(std::vector<std::string> models, std::vector<std::string> options) {
    return message_of<Error>([&] { run(std::move(models), std::move(options)); });
  }
};

TEST_F(EvaluateReportVerb, WritesAPageWithTheErrors) {
  const Json json = Json::parse(run({kFirst}, {"--report", path("page.html"), "--json"}));
  EXPECT_EQ(json["accuracy"], 0.75);
  const std::string page = read_text_file(path("page.html"));
  expect_well_formed(page);
  EXPECT_TRUE(has(page, "<td>75.00 ± 0.00 %</td>"));
  EXPECT_TRUE(has(page, "first/softmax on pairs"));
  EXPECT_TRUE(has(page, "<p>Two people, taken for one: 3 of 3, the most similar first.</p>"));
  EXPECT_EQ(count_of(page, "<h3>Cosine 1.000</h3>"), 3);
  EXPECT_EQ(count_of(page, "data:image/jpeg;base64,"), 6);
  EXPECT_TRUE(has(page, "<tr><td>ada</td><td>3</td><td>0</td><td>6</td>"));
  EXPECT_FALSE(has(page, "<fay>"));
}

TEST_F(EvaluateReportVerb, ComparesNetworksOfDifferentInputSizes) {
  EXPECT_TRUE(has(error_of({kFirst, kSecond}, {}), "48 x 32"));
  const Json json = Json::parse(run({kFirst, kSecond}, {"--resize", "--report", path("page.html"), "--json"}));
  EXPECT_EQ(json["weights"], path(kFirst));
  ASSERT_EQ(json["networks"].size(), 2u);
  EXPECT_EQ(json["networks"][1]["weights"], path(kSecond));
  EXPECT_EQ(json["networks"][1]["accuracy"], 0.75);
  ASSERT_EQ(json["comparisons"].size(), 1u);
  EXPECT_EQ(json["comparisons"][0]["first"], "first/softmax");
  EXPECT_EQ(json["comparisons"][0]["only_second_right"], 0);
  EXPECT_EQ(json["comparisons"][0]["p_value"], 1.0);
  const std::string page = read_text_file(path("page.html"));
  expect_well_formed(page);
  EXPECT_TRUE(has(page, "different sizes"));
  EXPECT_TRUE(has(page, "<td>first/softmax and second/softmax</td><td>0</td><td>0</td>"));
  const std::string text = run({kFirst, kSecond}, {"--resize"});
  EXPECT_TRUE(has(text, "first/softmax\npairs: 12 pairs"));
  EXPECT_TRUE(
      has(text, "pairs: 0 pairs only first/softmax decides rightly, 0 only second/softmax; p = 1 (no significant"));
}

TEST_F(EvaluateReportVerb, ShowsTheErrorsOfAllPairs) {
  verb_output(add_evaluate_verb,
              {"evaluate", path("alone.safetensors"), "--all-pairs", path("faces"), "--report", path("page.html")});
  const std::string page = read_text_file(path("page.html"));
  expect_well_formed(page);
  EXPECT_TRUE(has(page, "alone on faces"));
  EXPECT_GE(count_of(page, "<h3>Cosine 1.000</h3>"), 2);  // each of ada's images with bob's second
  EXPECT_TRUE(has(page, "<figcaption>bob/bob_0002.png</figcaption>"));
}

TEST_F(EvaluateReportVerb, KeepsAResultInTheRunWhereItIsAsked) {
  run({kFirst}, {});
  EXPECT_FALSE(std::filesystem::exists(path("runs/first/evaluations")));
  run({kFirst}, {"--record"});
  const EvaluationRecord record = read_evaluation_record(path("runs/first/evaluations/softmax-pairs.json"));
  EXPECT_EQ(record.model.name, "first/softmax");
  EXPECT_EQ(record.verification.accuracy, 0.75);
  EXPECT_EQ(record.right, (std::vector<uint8_t>{1, 1, 0, 1, 1, 1, 0, 1, 1, 1, 0, 1}));
  EXPECT_EQ(record.accepts.size(), 3u);
  EXPECT_TRUE(has(error_of({"alone.safetensors"}, {"--record"}), "is in none; use --report"));
}

TEST_F(EvaluateReportVerb, NoticesAnImpossiblePlaceBeforeItBegins) {
  EXPECT_TRUE(has(error_of({kFirst}, {"--report", path("page.txt")}), "whose name ends in .html"));
  EXPECT_TRUE(has(error_of({kFirst}, {"--report", path("nowhere/page.html")}), "nowhere"));
  write("pairs.html", read_text_file(path("pairs.txt")));
  EXPECT_TRUE(has(message_of<Error>([&] {
                    verb_output(add_evaluate_verb, {"evaluate", path(kFirst), "--pairs", path("pairs.html"), "--images",
                                                    path("faces"), "--report", path("pairs.html")});
                  }),
                  "it is also an input"));
  std::filesystem::create_directory(path("folder.html"));
  EXPECT_TRUE(has(error_of({kFirst}, {"--report", path("folder.html")}), "not a regular file"));
  EXPECT_TRUE(has(error_of({kFirst, kSecond}, {"--roc", path("roc.csv")}), "of one network"));
  EXPECT_TRUE(has(error_of({kFirst, kSecond}, {"--write-thresholds"}), "one by one"));
}

}  // namespace
}  // namespace massface
