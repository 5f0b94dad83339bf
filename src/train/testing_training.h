#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/testing_folder.h"
#include "dataset/synthetic_dataset.h"
#include "train/train.h"

namespace massface {

// For tests: ten identities of four images, 32 x 32 pixels, and a phase of six triplet steps; a step is milliseconds.
class SmallTraining : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new TemporaryFolder;
    write_synthetic_dataset(*folder_ / "faces", {.identities = 10,
                                                 .images_per_identity = 4,
                                                 .test_identities = 20,
                                                 .test_images_per_identity = 2,
                                                 .pairs_per_fold = 1});
  }
  static void TearDownTestSuite() { delete folder_; }

  static Recipe recipe(const std::string& pool, const std::string& strategy = "batch_hardest") {
    Recipe recipe;
    recipe.device = "cpu";
    recipe.dataset.path = (*folder_ / "faces/train").native();
    recipe.input.height = recipe.input.width = 32;
    recipe.backbone.name = "mobilefacenet";
    recipe.backbone.embedding_size = 16;
    recipe.pipeline.resize = true;
    recipe.telemetry.log_every_steps = 1;
    recipe.telemetry.progress = false;
    PhaseOptions phase{.name = "triplet", .loss = "triplet", .steps = 6};
    phase.batch.by_identity = {.identities = 4, .images_per_identity = 2};
    phase.optimizer.learning_rate = 0.01;
    phase.mining.strategy = strategy;
    phase.mining.pool = {.pool = pool, .scale = 3};
    recipe.phases.push_back(phase);
    return recipe;
  }

  // Trains in an empty run directory; the records of its steps.
  static std::vector<nlohmann::json> train_steps(const Recipe& recipe) {
    const TemporaryFolder folder;
    return train_steps(recipe, folder);
  }
  static std::vector<nlohmann::json> train_steps(const Recipe& recipe, const TemporaryFolder& folder) {
    const RunDirectory run = create_run_directory(folder / "run", "", recipe);
    train(make_training_setup(recipe, true), run, {});
    std::vector<nlohmann::json> steps;
    std::ifstream lines(run.metrics());
    for (std::string line; std::getline(lines, line);) {
      if (nlohmann::json record = nlohmann::json::parse(line); record["kind"] == "step")
        steps.push_back(std::move(record));
    }
    return steps;
  }

  inline static TemporaryFolder* folder_ = nullptr;
};

}  // namespace massface
