#include "recipe/phase_warnings.h"

#include <gtest/gtest.h>

#include "objective/objective.h"

namespace massface {
namespace {

using Warnings = std::vector<std::string>;

Warnings warnings_of(const PhaseOptions& phase) {
  Recipe recipe;
  recipe.phases = {{.name = "quiet"}, phase};
  recipe.validation.identities = 20;
  return phase_warnings(recipe);
}

PhaseOptions phase_of(const std::string& loss) {
  return {.name = "t", .objective = {.loss = loss}, .batch_norm = "running"};
}

PhaseOptions pool_of(const std::string& pool) {
  PhaseOptions phase = phase_of("triplet");
  phase.objective.mining.pool.pool = pool;
  return phase;
}

TEST(PhaseWarnings, AreNoneOfOptionsThatAreUsedOrLeftAlone) {
  for (const std::string& loss : objective_names()) {
    EXPECT_EQ(warnings_of(phase_of(loss)), Warnings{}) << loss;
  }
  PhaseOptions offline = pool_of("offline");
  offline.objective.batch.by_identity.identities = 3;
  offline.objective.triplet.margin = 0.3;
  offline.objective.mining.pool.round_steps = 4;
  offline.objective.mining.pool.sample_identities = 5;
  offline.objective.mining.pool.search = "approximate";
  offline.objective.mining.pool.candidates = 6;
  EXPECT_EQ(warnings_of(offline), Warnings{});
  PhaseOptions joint = phase_of("joint");
  joint.objective.joint = {.weight = 1, .classifier = "cosface"};
  joint.objective.classifier.scale = 30;
  EXPECT_EQ(warnings_of(joint), Warnings{});
}

TEST(PhaseWarnings, SayThatNothingShowsWhetherFineTuningHarms) {
  Recipe recipe;
  recipe.phases = {{.name = "quiet"}, phase_of("triplet")};
  ASSERT_EQ(phase_warnings(recipe).size(), 1u);
  EXPECT_NE(phase_warnings(recipe)[0].find("phase t: nobody is held out"), std::string::npos);
  recipe.phases = {phase_of("triplet")};
  EXPECT_EQ(phase_warnings(recipe), Warnings{}) << "it has nothing to harm";
  recipe.from = "weights.safetensors";
  EXPECT_EQ(phase_warnings(recipe).size(), 1u);
}

TEST(PhaseWarnings, NameTheBeginningOfAMemoryThatIsNotThere) {
  PhaseOptions phase = phase_of("triplet");
  phase.objective.mining.memory_from_step = 5;
  ASSERT_EQ(warnings_of(phase).size(), 1u);
  EXPECT_NE(warnings_of(phase)[0].find("mining.memory_from_step is 5, but only mining.memory"), std::string::npos);
  phase.objective.mining.memory = 100;
  EXPECT_EQ(warnings_of(phase), Warnings{});
}

TEST(PhaseWarnings, NameOptionsOfASchedulesAndOfATeacherThatAreNotThere) {
  PhaseOptions phase = phase_of("softmax");
  phase.schedule = {.name = "cosine", .step_epochs = 3, .final_fraction = 0.1, .power = 3};
  phase.distill.weight = 7;
  const Warnings warnings = warnings_of(phase);
  ASSERT_EQ(warnings.size(), 3u);
  EXPECT_NE(warnings[0].find("schedule.step_epochs is 3, but only schedule.name = \"step\""), std::string::npos);
  EXPECT_NE(warnings[1].find("schedule.power is 3.0, but only schedule.name = \"polynomial\""), std::string::npos);
  EXPECT_NE(warnings[2].find("distill.weight is 7.0, but only distill.teacher"), std::string::npos);
}

TEST(PhaseWarnings, NameEachOptionThatThePoolDoesNotUse) {
  PhaseOptions online = pool_of("online");
  online.objective.mining.pool = {.scale = 3, .round_steps = 4, .search = "exact"};
  EXPECT_EQ(
      warnings_of(online),
      (Warnings{"phase t: mining.scale is 3, but only mining.pool = \"semi_online\" uses it; here it does nothing",
                "phase t: mining.round_steps is 4, but only mining.pool = \"offline\" uses it; here it does nothing",
                "phase t: mining.search is \"exact\", but only mining.pool = \"semi_online\" or \"offline\" uses it; "
                "here it does nothing"}));
  PhaseOptions exact = pool_of("semi_online");
  exact.objective.mining.pool.round_epochs = 2;
  exact.objective.mining.pool.sample_identities = 2;
  exact.objective.mining.pool.search = "exact";
  exact.objective.mining.pool.candidates = 7;
  EXPECT_EQ(warnings_of(exact).size(), 3u);
}

TEST(PhaseWarnings, NameEachOptionThatTheLossDoesNotUse) {
  PhaseOptions softmax = phase_of("softmax");
  softmax.objective.classifier.scale = 30;
  softmax.objective.classifier.margin = 0.2;
  softmax.objective.joint.weight = 2;
  softmax.objective.mining.pool.scale = 3;
  EXPECT_EQ(
      warnings_of(softmax),
      (Warnings{"phase t: classifier.scale is 30.0, but only a cosface, arcface or adaface classifier uses it; here it "
                "does nothing",
                "phase t: classifier.margin is 0.2, but only a cosface, arcface, adaface or sphereface classifier uses "
                "it; here it does nothing",
                "phase t: mining.scale is 3, but only loss = \"triplet\" or \"joint\" uses it; here it does "
                "nothing",
                "phase t: joint.weight is 2.0, but only loss = \"joint\" uses it; here it does nothing"}));
  PhaseOptions triplet = phase_of("triplet");
  triplet.objective.batch.size = 32;
  triplet.objective.classifier.lambda_end = 4;
  EXPECT_EQ(warnings_of(triplet).size(), 2u);
}

TEST(PhaseWarnings, TellOfBatchNormByTheStatisticsOfSubBatches) {
  for (const std::string pool : {"semi_online", "offline"}) {
    PhaseOptions phase = pool_of(pool);
    phase.batch_norm = "batch";
    const Warnings warnings = warnings_of(phase);
    ASSERT_EQ(warnings.size(), 1u);
    EXPECT_EQ(warnings[0],
              "phase t: batch_norm is \"batch\" and mining.pool is \"" + pool +
                  "\": its sub-batches can be as small as three images, and BatchNorm would use their statistics. Set "
                  "t.batch_norm to \"running\" or \"frozen\"");
  }
}

}  // namespace
}  // namespace massface
