#pragma once

#include <gtest/gtest.h>

#include <string>

#include "core/testing_folder.h"
#include "recipe/recipe.h"
#include "synthetic/dataset.h"

namespace massface {

// For tests: ten identities with four images each, 32 x 32 pixels, and a phase of six triplet steps, which take
// milliseconds each.
class SmallRecipe : public testing::Test {
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
    PhaseOptions phase{.name = "triplet", .objective = {.loss = "triplet"}, .steps = 6};
    phase.objective.batch.by_identity = {.identities = 4, .images_per_identity = 2};
    phase.optimizer.learning_rate = 0.01;
    phase.objective.mining.strategy = strategy;
    phase.objective.mining.pool = {.pool = pool, .scale = 3};
    recipe.phases.push_back(phase);
    return recipe;
  }

  inline static TemporaryFolder* folder_ = nullptr;
};

}  // namespace massface
