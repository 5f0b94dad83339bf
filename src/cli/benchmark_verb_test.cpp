#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "cli/flags.h"
#include "cli/testing_verb.h"
#include "cli/verbs.h"
#include "core/error.h"

namespace massface {
namespace {

using Json = nlohmann::json;

// What the verb prints to standard output.
std::string run(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "benchmark");
  return verb_output(add_benchmark_verb, std::move(arguments));
}

TEST(BenchmarkVerb, PrintsOneJsonObjectWithTheFiguresAndTheirUnits) {
  for (const std::string what : {"step", "inference"}) {
    const Json json = Json::parse(
        run({what, "--backbone", "mobilefacenet", "--batch", "2", "--threads", "1", "--seconds", "0", "--json"}));
    EXPECT_EQ(json["benchmark"], what);
    EXPECT_EQ(json["backbone"], "mobilefacenet");
    EXPECT_EQ(json["batch"], 2);
    EXPECT_EQ(json["threads"], 1);
    for (const char* figure : {"images_per_second", "milliseconds", "fraction_of_peak", "peak_memory_bytes"}) {
      EXPECT_GT(json[figure].get<double>(), 0) << figure;
    }
  }
}

TEST(BenchmarkVerb, DecodingIsMeasuredBesideTheBareLoop) {
  const Json json = Json::parse(run({"decode", "--threads", "1", "--batch", "4", "--seconds", "0", "--json"}));
  for (const char* figure :
       {"images_per_second", "milliseconds", "bare_images_per_second", "fraction_of_peak", "peak_memory_bytes"}) {
    EXPECT_GT(json[figure].get<double>(), 0) << figure;
  }
}

TEST(BenchmarkVerb, PrintsATableForPeople) {
  const std::string table = run({"inference", "--batch", "1", "--threads", "1", "--seconds", "0"});
  EXPECT_NE(table.find("inference of mobilefacenet_massface, batch 1, 1 threads"), std::string::npos) << table;
}

TEST(BenchmarkVerb, AMistakeIsTheUsers) {
  EXPECT_THROW(run({"step", "--backbone", "resnet"}), Error);
  EXPECT_THROW(run({"step", "--batch", "0"}), Error);
  EXPECT_THROW(run({"decode", "--pairs", "pairs.txt"}), CLI::ParseError);
  EXPECT_THROW(run({}), CLI::ParseError);
}

}  // namespace
}  // namespace massface
