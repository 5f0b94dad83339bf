#include "telemetry/divergence.h"

#include <gtest/gtest.h>

namespace massface {
namespace {

TEST(Divergence, NamesTheNewestCheckpointAndWhatTheStepCameTo) {
  const StepReport report{
      .phase = "t", .step = 12, .loss = 2.5, .learning_rate = 0.5, .failure = "the gradient is not finite"};
  EXPECT_EQ(
      divergence_message(report, "step-000000010"),
      "step 12 of phase t: the gradient is not finite (loss 2.5, learning rate 0.5). This step changed no weight, "
      "and the newest checkpoint, step-000000010, is from before it. The training has diverged: start again with "
      "a lower t.optimizer.learning_rate, or with t.optimizer.max_gradient_norm=5");
}

}  // namespace
}  // namespace massface
