#include "benchmark/scaling_model.h"

#include <gtest/gtest.h>

namespace massface {
namespace {

constexpr Link kLink{.bytes_per_second = 1e6, .message_seconds = 1e-3};

TEST(ScalingModel, CountsTheMessagesOfARing) {
  // 3 others, each time 1 ms and 1000 bytes at 1 MB/s.
  EXPECT_DOUBLE_EQ(seconds_of(kLink, ring_gather(4, 1000)), 3 * 2e-3);
  // 6 messages of a quarter of 4000 bytes.
  EXPECT_DOUBLE_EQ(seconds_of(kLink, ring_sum(4, 4000)), 6 * 2e-3);
  EXPECT_DOUBLE_EQ(seconds_of(kLink, ring_sum(1, 4000)), 0);
}

StepTimeline timeline() {
  return {.seconds = 1, .gradients = {{0.5, 1000}, {0.9, 1000}}, .backward_end = 0.9, .embedding_bytes = 0};
}

TEST(ScalingModel, OneProcessTakesWhatItTakes) { EXPECT_DOUBLE_EQ(forecast_step(timeline(), kLink, 1, 1).seconds, 1); }

TEST(ScalingModel, HidesWhatTravelsDuringTheBackwardPass) {
  // Two processes sum a bucket of 1000 bytes in 2 messages of 1 ms + 0.5 ms: the first one hidden, the second not.
  const double none =
      seconds_of(kLink, ring_sum(2, 712)) + seconds_of(kLink, ring_sum(2, 0)) + seconds_of(kLink, ring_gather(2, 0));
  const ScalingForecast forecast = forecast_step(timeline(), kLink, 2, 1000);
  EXPECT_NEAR(forecast.exposed_seconds, none + 3e-3, 1e-12);
  EXPECT_NEAR(forecast.hidden_seconds, 3e-3, 1e-12);
  EXPECT_NEAR(forecast.seconds, 1 + none + 3e-3, 1e-12);
  // In one bucket, nothing is hidden.
  EXPECT_NEAR(forecast_step(timeline(), kLink, 2, 1e9).exposed_seconds, none + 4e-3, 1e-12);
}

TEST(ScalingModel, WaitsForASlowNetwork) {
  const Link slow{.bytes_per_second = 1000, .message_seconds = 0};
  // The two buckets take a second each, from 0.5 s on, until 2.5 s; the backward pass ends at 0.9 s.
  const ScalingForecast forecast = forecast_step(timeline(), slow, 2, 1000);
  EXPECT_NEAR(forecast.exposed_seconds, 1.6 + 0.712, 1e-12);
}

}  // namespace
}  // namespace massface
