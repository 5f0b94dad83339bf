#include "benchmark/step_profile.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/error.h"

namespace massface {
namespace {

TEST(Roofs, TheSlowerOfArithmeticAndMemoryIsTheLimit) {
  const Roofs roofs{.flops_per_second = 100, .bytes_per_second = 10};
  EXPECT_EQ(roofs.limit_seconds({.flops = 200, .bytes = 5}), 2);
  EXPECT_FALSE(roofs.memory_bound({.flops = 200, .bytes = 5}));
  EXPECT_EQ(roofs.limit_seconds({.flops = 200, .bytes = 50}), 5);
  EXPECT_TRUE(roofs.memory_bound({.flops = 200, .bytes = 50}));
}

TEST(StepProfile, ItsLinesAreTheWholeStep) {
  const StepProfile profile = profile_step({.backbone = "mobilefacenet", .batch = 2, .threads = 1, .seconds = 0});
  double seconds = 0, limit = 0, flops = 0;
  std::vector<std::string> names;
  for (const ProfileLine& line : profile.lines) {
    names.push_back(line.part + (line.pass.empty() ? "" : " ") + line.pass);
    EXPECT_GT(line.seconds, 0) << names.back();
    seconds += line.seconds;
    limit += profile.roofs.limit_seconds(line.work);
    if (!line.pass.empty()) flops += line.work.flops;
  }
  EXPECT_NEAR(seconds, profile.seconds, 1e-9);
  EXPECT_NEAR(limit, limit_seconds(profile), 1e-12);
  EXPECT_EQ(names, (std::vector<std::string>{"stem forward", "stem backward", "depthwise forward", "depthwise backward",
                                             "pointwise forward", "pointwise backward", "global_depthwise forward",
                                             "global_depthwise backward", "embedding forward", "embedding backward",
                                             "classifier_and_loss", "optimizer", "input_conversion", "rest"}));
  // Three passes of each layer, except that the stem does not compute the gradient of the images.
  const double stem = 2.0 * 2 * 56 * 56 * 64 * 27;
  EXPECT_NEAR(flops, 2e9 * profile.speed.gflop_per_image - stem, 1);
  // A quarter of three steps rounds down to none, so all of them count.
  EXPECT_EQ(profile.num_steps, 3);
}

TEST(StepProfile, TheLayersAreThoseOfTheLines) {
  const StepProfile profile = profile_step({.backbone = "mobilefacenet", .batch = 2, .threads = 1, .seconds = 0});
  for (const ProfileLine& line : profile.lines) {
    if (line.pass.empty()) continue;
    double seconds = 0;
    int64_t calls = 0;
    for (const LayerProfile& layer : profile.layers) {
      if (layer.work.kind != line.part) continue;
      seconds += line.pass == "forward" ? layer.forward_seconds : layer.backward_seconds;
      ++calls;
    }
    EXPECT_NEAR(seconds, line.seconds, 1e-9) << line.part;
    EXPECT_EQ(calls, line.calls) << line.part;
  }
}

TEST(StepProfile, RefusesLayersThatItCannotSee) {
  EXPECT_THROW(profile_step({.kernels = "reference", .batch = 2, .threads = 1, .seconds = 0}), Error);
  EXPECT_THROW(profile_step({.backbone = "mobilefacenet", .batch = 1, .threads = 1, .seconds = 0}), Error);
}

}  // namespace
}  // namespace massface
