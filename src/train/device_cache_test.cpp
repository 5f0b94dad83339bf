#include <gtest/gtest.h>

#include "train/testing_training.h"

namespace massface {
namespace {

class DeviceCache : public SmallTraining {};

TEST_F(DeviceCache, TrainsOnTheSameBatchesByEveryPool) {
  for (const std::string pool : {"online", "semi_online", "offline"}) {
    Recipe decoding = recipe(pool);
    decoding.pipeline.crop_padding = 2;
    decoding.pipeline.brightness = 0.3;
    Recipe cached = decoding;
    cached.pipeline.device_cache = "on";
    EXPECT_EQ(make_training_setup(decoding, true).decoded, nullptr);
    EXPECT_NE(make_training_setup(cached, true).decoded, nullptr);
    const auto a = train_steps(decoding), b = train_steps(cached);
    ASSERT_EQ(a.size(), 6u);
    for (size_t i = 0; i < a.size(); ++i) EXPECT_EQ(a[i]["loss"], b[i]["loss"]) << pool << " " << i;
  }
}

}  // namespace
}  // namespace massface
