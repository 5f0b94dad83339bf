#pragma once

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "recipe/testing_recipe.h"
#include "train/make_training_setup.h"
#include "train/train.h"

namespace massface {

// For tests: trains small recipes.
class SmallTraining : public SmallRecipe {
 protected:
  // Trains in an empty run directory and returns the records of the steps.
  static std::vector<nlohmann::json> train_steps(const Recipe& recipe) {
    const TemporaryFolder folder;
    return train_steps(recipe, folder);
  }
  static std::vector<nlohmann::json> train_steps(const Recipe& recipe, const TemporaryFolder& folder) {
    const LockedRun run = create_run_directory(folder / "run", "", recipe);
    train(make_training_setup(recipe, true), run, {});
    std::vector<nlohmann::json> steps;
    std::ifstream lines(run.metrics());
    for (std::string line; std::getline(lines, line);) {
      if (nlohmann::json record = nlohmann::json::parse(line); record["kind"] == "step")
        steps.push_back(std::move(record));
    }
    return steps;
  }
};

}  // namespace massface
