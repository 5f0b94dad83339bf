#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/testing_program.h"

namespace massface {

// For tests: the program itself runs trainings of about a second on 12 synthetic identities with 5 images each, shrunk
// to 32 x 32 pixels. Each test suite has a folder of its own.
class SmallRuns : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new TemporaryFolder;
    const auto made = run_massface("synth " + path("faces") +
                                   " --identities 12 --images-per-identity 5 --test-identities 20 "
                                   "--test-images-per-identity 2 --pairs-per-fold 2 --seed 5");
    ASSERT_EQ(made.exit_code, 0) << made.standard_error;
  }
  static void TearDownTestSuite() { delete folder_; }

  static std::string path(const std::string& name) { return (*folder_ / name).native(); }

  // Writes the recipe NAME.toml: a network for these faces, a checkpoint after every third step, then `text`.
  static void write_recipe(const std::string& name, const std::string& text) {
    std::ofstream(path(name + ".toml")) << "seed = 7\nthreads = 2\ndevice = \"cpu\"\n"
                                        << "dataset.path = \"" << path("faces") << "/train\"\n"
                                        << "input.height = 32\ninput.width = 32\nbackbone.embedding_size = 16\n"
                                        << "pipeline.resize = true\ncheckpoint.every_steps = 3\n"
                                        << "telemetry.log_every_steps = 1\ntelemetry.progress = false\n"
                                        << text;
  }

  // Trains in the run directory `run`.
  static ProgramResult train(const std::string& recipe, const std::string& run, const std::string& options = "",
                             const std::string& failpoint = "") {
    return run_massface("train " + path(recipe + ".toml") + " --run " + path(run) + " " + options,
                        failpoint.empty() ? "" : "MASSFACE_FAILPOINT=" + failpoint);
  }
  static ProgramResult resume(const std::string& run, const std::string& options = "") {
    return run_massface("train --resume " + path(run) + " " + options);
  }

  static std::string bytes(const std::string& run, const std::string& file) {
    return read_all(std::filesystem::path(path(run)) / file);
  }
  static void expect_same_bytes(const std::string& run, const std::string& as, const std::string& file) {
    EXPECT_FALSE(bytes(run, file).empty()) << run << " " << file;
    EXPECT_TRUE(bytes(run, file) == bytes(as, file)) << run << " " << file;
  }

  // The metrics records of the steps that a run has taken.
  static std::vector<nlohmann::json> steps_of(const std::string& run) {
    std::vector<nlohmann::json> steps;
    std::istringstream lines(bytes(run, "metrics.jsonl"));
    for (std::string line; std::getline(lines, line);) {
      if (const auto record = nlohmann::json::parse(line); record.contains("loss")) steps.push_back(record);
    }
    return steps;
  }

  static void expect_refused(const ProgramResult& result, const std::string& message) {
    EXPECT_EQ(result.exit_code, 2) << result.standard_error;
    EXPECT_NE(result.standard_error.find(message), std::string::npos) << result.standard_error;
  }

  inline static TemporaryFolder* folder_ = nullptr;
};

}  // namespace massface
