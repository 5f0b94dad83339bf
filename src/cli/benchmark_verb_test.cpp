#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "benchmark/mining.h"
#include "cli/flags.h"
#include "cli/testing_program.h"
#include "cli/testing_verb.h"
#include "cli/verbs.h"
#include "core/error.h"
#include "core/testing_folder.h"
#include "kernels/precision.h"

namespace massface {
namespace {

using Json = nlohmann::json;

// Returns what the verb prints to standard output.
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
    if (what == "step") {
      EXPECT_EQ(json["fused_share"], 1.0);
    } else {
      EXPECT_FALSE(json.contains("fused_share"));
    }
  }
}

TEST(BenchmarkVerb, AProfileSaysWhereTheStepsTimeGoes) {
  const std::vector<std::string> flags = {"--backbone", "mobilefacenet", "--batch", "2",        "--threads",
                                          "1",          "--seconds",     "0",       "--profile"};
  std::vector<std::string> words = {"step", "--json"};
  words.insert(words.end(), flags.begin(), flags.end());
  const Json json = Json::parse(run(words));
  EXPECT_GT(json["images_per_second"], 0);
  const Json& profile = json["profile"];
  EXPECT_GT(profile["memory_bytes_per_second"], 1e8);
  double milliseconds = 0;
  for (const Json& line : profile["lines"]) {
    milliseconds += line["milliseconds"].get<double>();
    if (line["part"] == "rest") continue;
    const double limit = line["limit_milliseconds"];
    EXPECT_NEAR(line["fraction_of_limit"].get<double>(), limit / line["milliseconds"].get<double>(), 1e-9);
    EXPECT_TRUE(line["bound"] == "memory" || line["bound"] == "arithmetic") << line;
  }
  EXPECT_NEAR(milliseconds, profile["step_milliseconds"].get<double>(), 1e-6);
  EXPECT_EQ(profile["layers"].size(), 50U);
  EXPECT_EQ(profile["layers"][0]["kind"], "stem");

  words = {"step"};
  words.insert(words.end(), flags.begin(), flags.end());
  const std::string table = run(words);
  EXPECT_NE(table.find("\n  pointwise           backward"), std::string::npos) << table;
  EXPECT_NE(table.find("\n  the step"), std::string::npos) << table;
  words.insert(words.end(), {"--kernels", "reference"});
  EXPECT_THROW(run(words), Error);
  EXPECT_THROW(run({"inference", "--profile"}), CLI::ParseError) << "only training steps have a profile";
}

TEST(BenchmarkVerb, DecodingIsMeasuredBesideTheBareLoop) {
  const Json json = Json::parse(run({"decode", "--threads", "1", "--batch", "4", "--seconds", "0", "--json"}));
  for (const char* figure :
       {"images_per_second", "milliseconds", "bare_images_per_second", "fraction_of_peak", "peak_memory_bytes"}) {
    EXPECT_GT(json[figure].get<double>(), 0) << figure;
  }
}

TEST(BenchmarkVerb, MiningIsMeasuredBesideTheBareProducts) {
  for (const std::string pool : {"online", "offline"}) {
    const Json json = Json::parse(run({"mining", "--pool", pool, "--strategy", "batch_all", "--batch", "60", "--dim",
                                       "32", "--threads", "1", "--seconds", "0", "--json"}));
    EXPECT_EQ(json["benchmark"], "mining");
    EXPECT_EQ(json["pool"], pool);
    EXPECT_EQ(json["repeats"], 3);
    EXPECT_EQ(json.contains("loss"), pool == "online");
    const double milliseconds = json["milliseconds"];
    EXPECT_GT(milliseconds, 0);
    // Fifteen identities of four: 60 x 3 x 56 triplets, many of which violate the margin.
    EXPECT_GT(json["selected"], 500);
    EXPECT_LT(json["selected"], 60 * 3 * 56);
    // Two products online, one offline.
    const double flops = (pool == "online" ? 2 : 1) * 2.0 * 60 * 60 * 32;
    EXPECT_NEAR(json["fraction_of_peak"].get<double>() * json["peak_gflops"].get<double>() * milliseconds * 1e6, flops,
                1e-6 * flops);
    EXPECT_GT(json["peak_gflops"], 1);
    if (pool == "offline") continue;
    EXPECT_GT(json["loss"], 0);
    EXPECT_NEAR(json["times_products"].get<double>() * json["products_milliseconds"].get<double>(), milliseconds,
                1e-9 * milliseconds);
  }
}

// Each measurement runs in a process of its own, because the figure is the peak since the process started.
TEST(BenchmarkVerb, ThePeakMemoryOfMiningHasItsOneMatrixAndNotThoseOfTheProducts) {
  const auto peak = [](int64_t batch) {
    const ProgramResult result = run_massface(fmt::format(
        "benchmark mining --strategy batch_hardest --batch {} --dim 8 --threads 1 --seconds 0 --json", batch));
    EXPECT_EQ(result.exit_code, 0) << result.standard_error;
    return Json::parse(result.standard_output)["peak_memory_bytes"].get<double>();
  };
  constexpr double kMatrix = 4.0 * 6000 * 6000;
  const double beyond_the_program = peak(6000) - peak(8);
  EXPECT_GT(beyond_the_program, 0.9 * kMatrix);
  EXPECT_LT(beyond_the_program, 1.6 * kMatrix);
}

TEST(BenchmarkVerb, MiningSaysBeforehandWhatDoesNotFitIntoMemory) {
  MiningBenchmarkOptions options{.batch = 100'000, .dim = 8};
  EXPECT_EQ(memory_needed_bytes(options), 4 * (3 * 10'000'000'000 + 4 * 800'000));
  EXPECT_EQ(
      message_of<Error>([&] { require_memory(options, 16'000'000'000); }),
      "--batch 100000 with --dim 8 needs 120.0 GB of memory (40.0 GB for each of three B x B matrices: one of the "
      "loss, two of the products), but 16.0 GB are available. Give a smaller --batch, or --pool offline, which "
      "needs no such matrix");
  options.pool = "offline";
  EXPECT_NO_THROW(require_memory(options, 16'000'000'000));
  options.batch = 10'000'000;
  options.dim = 512;
  EXPECT_EQ(
      message_of<Error>([&] { require_memory(options, 16'000'000'000); }),
      "--batch 10000000 with --dim 512 needs 81.9 GB of memory, but 16.0 GB are available. Give a smaller --batch");
  EXPECT_THROW(run({"mining", "--batch", "10000000", "--seconds", "0"}), Error) << "needs 1,200 TB";
}

TEST(BenchmarkVerb, ReadingIsMeasuredBesideMemory) {
  const TemporaryFolder folder;
  std::filesystem::create_directories(folder / "faces/ada");
  std::ofstream(folder / "faces/ada/1.jpg") << "some bytes";
  const std::string faces = (folder / "faces").native();
  const Json json = Json::parse(run({"read", faces, "--threads", "2", "--seconds", "0", "--json"}));
  EXPECT_EQ(json["images"], 1);
  for (const char* figure : {"open_milliseconds", "sequential_images_per_second", "random_images_per_second",
                             "random_bytes_per_second", "memory_bytes_per_second", "fraction_of_peak"}) {
    EXPECT_GT(json[figure].get<double>(), 0) << figure;
  }
  std::filesystem::remove(folder / "faces/ada/1.jpg");
  EXPECT_THROW(run({"read", faces, "--seconds", "0"}), Error);
  EXPECT_THROW(run({"read"}), Error);
}

TEST(BenchmarkVerb, SaysInWhichPrecision) {
  for (const std::string kernels : {"fast", "reference"}) {
    for (const std::string precision : {"fp32", "bf16"}) {
      const Json json = Json::parse(run({"inference", "--batch", "2", "--threads", "1", "--seconds", "0", "--json",
                                         "--precision", precision, "--kernels", kernels}));
      const bool bf16 = infers_in_bf16(precision, at::kCPU, kernels);
      EXPECT_EQ(json["precision"], describe_precision(bf16, at::kCPU, kernels));
      EXPECT_GT(json["images_per_second"], 0.0);
    }
  }
}

TEST(BenchmarkVerb, PrintsATableForPeople) {
  const std::string table = run({"inference", "--batch", "1", "--threads", "1", "--seconds", "0"});
  EXPECT_NE(table.find("inference of mobilefacenet_massface, batch 1, 1 thread,"), std::string::npos) << table;
}

TEST(BenchmarkVerb, AMistakeIsTheUsers) {
  EXPECT_THROW(run({"step", "--backbone", "resnet"}), Error);
  EXPECT_THROW(run({"step", "--batch", "0"}), Error);
  EXPECT_THROW(run({"inference", "--precision", "fp8"}), Error);
  EXPECT_THROW(run({"inference", "--memory-budget", "100", "--seconds", "0"}), Error);
  EXPECT_THROW(run({"decode", "--pairs", "pairs.txt"}), CLI::ParseError);
  EXPECT_THROW(run({}), CLI::ParseError);
}

TEST(BenchmarkVerb, MeasuresTheStepOfAGpuOnTheCpuToo) {
  const Json json =
      Json::parse(run({"gpu", "--device", "cpu", "--precision", "fp32", "--backbone", "mobilefacenet", "--identities",
                       "2", "--images-per-identity", "2", "--stored-images", "5", "--seconds", "0", "--json"}));
  EXPECT_EQ(json["benchmark"], "gpu");
  EXPECT_EQ(json["images"], 4);
  EXPECT_GT(json["milliseconds"], 0);
  EXPECT_GT(json["mining_milliseconds"], 0);
}

}  // namespace
}  // namespace massface
