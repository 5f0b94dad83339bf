#include "train/make_training_setup.h"

#include <algorithm>
#include <set>

#include "core/error.h"
#include "core/testing_folder.h"

namespace massface {
namespace {

// Twelve identities with three images each and one with a single image. Creating a setup reads only their names.
struct TrainingSetupTest : TestingFolder {
  TrainingSetupTest() {
    for (char name = 'a'; name < 'm'; ++name) {
      for (const char* image : {"1", "2", "3"}) write(std::string("faces/") + name + "/" + image + ".jpg");
    }
    write("faces/single/1.jpg");
    write("alone/only/1.jpg");
  }

  Recipe recipe(int64_t held_out, int64_t seed = 1) const {
    Recipe recipe;
    recipe.seed = seed;
    recipe.device = "cpu";
    recipe.input.height = recipe.input.width = 16;
    recipe.dataset.path = path("faces");
    recipe.dataset.cache = false;
    recipe.validation.identities = held_out;
    recipe.validation.pairs = 20;
    recipe.phases.push_back({.name = "softmax", .objective = {.batch = {.size = 10}}, .epochs = 2});
    return recipe;
  }

  static std::set<std::string> names(const Dataset& dataset) {
    std::set<std::string> names;
    for (IdentityIndex i = 0; i < dataset.num_identities(); ++i) names.insert(dataset.identity_name(i));
    return names;
  }
};

TEST_F(TrainingSetupTest, HoldsOutIdentitiesThatTrainingNeverSees) {
  const TrainingSetup setup = make_training_setup(recipe(4), true);
  const auto training = names(*setup.training), held_out = names(*setup.held_out);
  EXPECT_EQ(held_out.size(), 4u);
  EXPECT_EQ(training.size(), 9u);
  std::set<std::string> all = training;
  all.insert(held_out.begin(), held_out.end());
  EXPECT_EQ(all, names(*setup.whole));
  EXPECT_TRUE(training.contains("single")) << "it cannot make a matched pair";
  EXPECT_EQ(setup.training->size(), 8 * 3 + 1);
  EXPECT_EQ(setup.validation_pairs.size(), 20u);
}

TEST_F(TrainingSetupTest, HoldsOutTheSameIdentitiesForTheSameSeed) {
  const auto held_out = [&](int64_t seed) { return names(*make_training_setup(recipe(4, seed), true).held_out); };
  EXPECT_EQ(held_out(1), held_out(1));
  std::set<std::set<std::string>> different;
  for (int64_t seed = 1; seed <= 5; ++seed) different.insert(held_out(seed));
  EXPECT_GT(different.size(), 1u);
}

TEST_F(TrainingSetupTest, CountsTheStepsOfAPhase) {
  // 37 images: three whole batches of 10 in each of 2 epochs.
  EXPECT_EQ(make_training_setup(recipe(0), true).steps_of_phase, std::vector<int64_t>{6});
}

TEST_F(TrainingSetupTest, RefusesWhatCannotBeHeldOut) {
  const auto error = [&](int64_t held_out) {
    return message_of<Error>([&] { make_training_setup(recipe(held_out), true); });
  };
  EXPECT_NE(error(1).find("mismatched pairs need at least two"), std::string::npos) << error(1);
  EXPECT_NE(error(12).find("the data set has 13 identities (12 with at least two images)"), std::string::npos);
}

TEST_F(TrainingSetupTest, RefusesAJointPhaseWhoseNetworkNeverLearns) {
  const auto error = [&](int64_t steps, int64_t classifier_only_epochs) {
    Recipe joint = recipe(0);
    PhaseOptions phase{.name = "joint", .objective = {.loss = "joint"}, .steps = steps};
    phase.objective.batch.by_identity = {.identities = 4, .images_per_identity = 2};
    phase.objective.joint.classifier_only_epochs = classifier_only_epochs;
    joint.phases = {phase};
    return message_of<Error>([&] { make_training_setup(joint, true); });
  };
  // Twelve identities with two images or more: three steps per epoch.
  EXPECT_EQ(error(7, 2), "");
  EXPECT_EQ(error(6, 2),
            "phase joint: joint.classifier_only_epochs is 2, which is 6 steps, but the phase has 6: its network would "
            "learn nothing. Lower joint.joint.classifier_only_epochs, or make the phase longer");
  EXPECT_NE(error(1, 1), "");
}

// The error comes before any phase trains, not when the later phase begins.
TEST_F(TrainingSetupTest, RefusesAMemoryBudgetThatALaterPhaseExceeds) {
  Recipe budget = recipe(0);
  budget.input.height = budget.input.width = 112;
  budget.phases.front().objective.batch.size = 4;
  budget.backbone.memory_budget = 100;
  EXPECT_EQ(make_training_setup(budget, true).steps_of_phase.size(), 1u);
  budget.phases.push_back({.name = "large", .objective = {.batch = {.size = 30}}, .epochs = 1});
  EXPECT_THROW(make_training_setup(budget, true), Error);
}

TEST_F(TrainingSetupTest, RefusesMoreStepsThanCanBeCounted) {
  Recipe endless = recipe(0);
  endless.phases.front().epochs = 1'000'000;  // of three steps
  EXPECT_EQ(make_training_setup(endless, true).steps_of_phase, std::vector<int64_t>{3'000'000});
  endless.phases.front().epochs = 400'000'000;
  EXPECT_EQ(
      message_of<Error>([&] { make_training_setup(endless, true); }),
      "phase softmax: softmax.epochs is 400000000, and an epoch has 3 steps: a phase has at most 1000000000 steps");
}

TEST_F(TrainingSetupTest, RefusesASetOfOneIdentity) {
  Recipe lonely = recipe(0);
  lonely.dataset.path = path("alone");
  EXPECT_NE(message_of<Error>([&] { make_training_setup(lonely, true); }).find("has one identity"), std::string::npos);
}

}  // namespace
}  // namespace massface
