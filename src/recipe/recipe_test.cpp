#include "recipe/recipe.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>

#include "core/error.h"
#include "core/files.h"
#include "core/testing_places.h"
#include "objective/objective.h"
#include "recipe/options_page.h"
#include "recipe/phase_warnings.h"

namespace massface {
namespace {

namespace fs = std::filesystem;

fs::path write_recipe_file(const std::string& text) {
  const fs::path path = fs::path(testing::TempDir()) / "massface_recipe_test.toml";
  write_file_atomically(path, text);
  return path;
}

std::string recipe_complaint(const std::string& text, const std::vector<std::string>& overrides = {}) {
  try {
    read_recipe(write_recipe_file(text), overrides);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

constexpr const char* kTwoPhases =
    "seed = 3\n[dataset]\npath = \"faces\"\n"
    "[[phase]]\nname = \"first\"\nepochs = 2\noptimizer.learning_rate = 0.5\n"
    "[[phase]]\nname = \"second\"\nloss = \"triplet\"\nsteps = 10\nbatch.identities = 4\n";

TEST(Recipe, ReadsPhasesInOrderAndOverridesThemByName) {
  const Recipe recipe = read_recipe(write_recipe_file(kTwoPhases), {"first.epochs=7", "second.triplet.margin=0.3"});
  ASSERT_EQ(recipe.phases.size(), 2u);
  EXPECT_EQ(recipe.seed, 3);
  EXPECT_EQ(recipe.phases[0].name, "first");
  EXPECT_EQ(recipe.phases[0].epochs, 7);
  EXPECT_EQ(recipe.phases[0].optimizer.learning_rate, 0.5);
  EXPECT_EQ(recipe.phases[1].objective.loss, "triplet");
  EXPECT_EQ(recipe.phases[1].objective.batch.by_identity.identities, 4);
  EXPECT_EQ(recipe.phases[1].objective.triplet.margin, 0.3);
}

TEST(Recipe, MakesEveryPathAbsolute) {
  const std::string here = fs::current_path().native();
  const Recipe recipe = read_recipe(write_recipe_file(kTwoPhases), {"dataset.path=faces:/more", "from=run"});
  EXPECT_EQ(recipe.dataset.path, here + "/faces:/more");
  EXPECT_EQ(recipe.from, here + "/run");
  EXPECT_EQ(read_recipe(write_recipe_file(kTwoPhases), {}).from, "");
}

TEST(Recipe, LetsAnOverrideOfEpochsReplaceSteps) {
  const Recipe recipe = read_recipe(write_recipe_file(kTwoPhases), {"second.epochs=2"});
  EXPECT_EQ(recipe.phases[1].epochs, 2);
  EXPECT_EQ(recipe.phases[1].steps, 0);
}

TEST(Recipe, NamesTheTypoItsLineAndTheNearestName) {
  const std::string message = recipe_complaint(std::string(kTwoPhases) + "optimizer.learning_rat = 1\n");
  EXPECT_NE(message.find(".toml:13: unknown option 'second.optimizer.learning_rat'; did you mean "
                         "'second.optimizer.learning_rate'?"),
            std::string::npos)
      << message;
}

TEST(Recipe, NamesThePhasesOfAnOptionThatIsGivenWithoutOne) {
  EXPECT_NE(recipe_complaint(kTwoPhases, {"batch.identities=8"})
                .find("unknown option 'batch.identities'; did you mean 'first.batch.identities' or "
                      "'second.batch.identities'?"),
            std::string::npos)
      << recipe_complaint(kTwoPhases, {"batch.identities=8"});
}

TEST(Recipe, RefusesWhatCannotBeTrained) {
  EXPECT_NE(recipe_complaint("seed = 1\n").find("no [[phase]]"), std::string::npos);
  EXPECT_NE(recipe_complaint("[[phase]]\nname=\"dataset\"\nsteps=1\n").find("cannot be named \"dataset\""),
            std::string::npos);
  EXPECT_NE(recipe_complaint("[[phase]]\nname=\"best\"\nsteps=1\n").find("name checkpoints"), std::string::npos);
  EXPECT_NE(recipe_complaint("[[phase]]\nname=\"a\"\nsteps=1\nschedule.name=\"file\"\nschedule.file=\"nope\"\n")
                .find("a.schedule.file: cannot read nope"),
            std::string::npos);
  EXPECT_NE(recipe_complaint("[[phase]]\nname=\"a\"\n").find("phase a needs a.epochs or a.steps"), std::string::npos);
  EXPECT_NE(recipe_complaint("[[phase]]\nname=\"a\"\nsteps=1\nepochs=1\n").find("has both"), std::string::npos);
  EXPECT_NE(recipe_complaint(kTwoPhases, {"seed"}).find("expected name=value, got 'seed'"), std::string::npos);
}

TEST(Recipe, GivesAPhaseThatFineTunesDefaultsOfItsOwn) {
  const Recipe recipe = read_recipe(write_recipe_file(kTwoPhases), {});
  const PhaseOptions &first = recipe.phases[0], &second = recipe.phases[1];
  EXPECT_EQ(first.batch_norm, "batch");
  EXPECT_EQ(first.ema.decay, 0);
  EXPECT_EQ(second.batch_norm, "running");
  EXPECT_EQ(second.optimizer.learning_rate, 0.005);
  EXPECT_EQ(second.schedule.name, "cosine");
  EXPECT_EQ(second.ema.decay, 0.99);

  const PhaseOptions said = read_recipe(write_recipe_file(std::string(kTwoPhases) + "batch_norm = \"batch\"\n"),
                                        {"second.optimizer.learning_rate=0.02", "second.ema.decay=0"})
                                .phases[1];
  EXPECT_EQ(said.batch_norm, "batch");
  EXPECT_EQ(said.optimizer.learning_rate, 0.02);
  EXPECT_EQ(said.ema.decay, 0);
  EXPECT_EQ(said.schedule.name, "cosine");

  for (const char* loss : {"joint", "supcon", "multi_similarity"}) {
    const auto tuned = read_recipe(write_recipe_file(kTwoPhases), {std::string("second.loss=") + loss}).phases[1];
    EXPECT_EQ(tuned.batch_norm, "running") << loss;
    EXPECT_EQ(tuned.optimizer.learning_rate, loss == std::string("joint") ? 0.01 : 0.005) << "a new classifier";
  }
  const Recipe classifiers = read_recipe(write_recipe_file(kTwoPhases), {"second.loss=softmax", "from=run"});
  for (const PhaseOptions& phase : classifiers.phases) EXPECT_EQ(phase.batch_norm, "batch");

  const std::string triplets_alone = "[[phase]]\nname = \"t\"\nloss = \"triplet\"\nsteps = 1\n";
  EXPECT_EQ(read_recipe(write_recipe_file(triplets_alone), {}).phases[0].optimizer.learning_rate, 0.1);
  EXPECT_EQ(read_recipe(write_recipe_file(triplets_alone), {"from=run"}).phases[0].optimizer.learning_rate, 0.005);
}

TEST(Recipe, IsReadBackFromItsResolvedForm) {
  const Recipe recipe = read_recipe(write_recipe_file(kTwoPhases), {"first.optimizer.momentum=0.8"});
  const std::string resolved = write_recipe(recipe);
  EXPECT_EQ(write_recipe(read_recipe(write_recipe_file(resolved), {})), resolved);
}

TEST(Recipe, BoundsEveryNumberOnBothSides) {
  Recipe recipe;
  recipe.phases.push_back({.name = "first", .steps = 1});
  OptionTable table;
  recipe.describe(table);
  for (const OptionField& field : table.fields()) {
    if (field.kind != OptionKind::kInteger && field.kind != OptionKind::kNumber) continue;
    EXPECT_TRUE(std::isfinite(field.range.min) && std::isfinite(field.range.max)) << field.name;
  }
}

TEST(Recipe, BoundsTheProductsOfOptions) {
  EXPECT_NE(
      recipe_complaint(kTwoPhases, {"first.epochs=9223372036854775807"}).find("first.epochs must be 0 to 1000000"),
      std::string::npos);
  EXPECT_NE(recipe_complaint(kTwoPhases, {"second.batch.images_per_identity=4611686018427387904"}).find("must be"),
            std::string::npos);
  EXPECT_NE(recipe_complaint(kTwoPhases, {"second.batch.identities=1000", "second.batch.images_per_identity=1001"})
                .find("phase second: batch.identities = 1000 with batch.images_per_identity = 1001 make batches of "
                      "1001000 images; the most are 1000000"),
            std::string::npos);
  EXPECT_NE(recipe_complaint(kTwoPhases, {"second.batch.identities=1000", "second.batch.images_per_identity=1000",
                                          "second.mining.pool=semi_online", "second.mining.scale=101"})
                .find("mining.scale = 101 batches of 1000000 images make a pool of 101000000; the most are 100000000"),
            std::string::npos);
}

TEST(OptionsPage, IsWhatDocsOptionsHolds) {
  EXPECT_TRUE(read_text_file(source_root() / "docs/options.md") == options_page())
      << "docs/options.md is stale; generate it again: massface options > docs/options.md";
}

TEST(Recipes, StartFromTrainedWeightsWhereTheyBeginWithTripletsAndGiveNothingToWarnOf) {
  int recipes = 0;
  for (const auto& file : fs::directory_iterator(source_root() / "recipes")) {
    if (file.path().extension() != ".toml") continue;
    SCOPED_TRACE(file.path().filename());
    const Recipe recipe = read_recipe(file.path(), {});
    const std::string& first = recipe.phases.front().objective.loss;
    EXPECT_TRUE(!recipe.from.empty() || !is_triplet_loss(first));
    EXPECT_EQ(phase_warnings(recipe), std::vector<std::string>{});
    ++recipes;
  }
  EXPECT_GT(recipes, 10);
}

}  // namespace
}  // namespace massface
