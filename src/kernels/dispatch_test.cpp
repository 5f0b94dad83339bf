#include "kernels/dispatch.h"

#include <gtest/gtest.h>
#include <hwy/highway.h>

#include "core/error.h"
#include "core/testing_text.h"
#include "kernels/bfloat16_product.h"
#include "kernels/testing_targets.h"

namespace massface {
namespace {

// Ends the limits of limit_vector_target().
struct WithoutLimitAfterwards {
  ~WithoutLimitAfterwards() { hwy::DisableTargets(0); }
  WithBfloat16Kernels before{bfloat16_kernels()};
};

TEST(Dispatch, ALimitHoldsForFloatsAndForBfloat16) {
  const std::vector<std::string> targets = vector_targets();
  for (const std::string& target : targets) {
    const WithoutLimitAfterwards restored;
    limit_vector_target(target);
    EXPECT_EQ(vector_target(), target);
    EXPECT_EQ(has_bfloat16_products(), target.ends_with("_BF16")) << target;
  }
  EXPECT_EQ(vector_targets(), targets) << "without a limit again";
}

// Every supported processor has AVX2, so nothing older is compiled.
TEST(Dispatch, TheOldestTargetIsAvx2) { EXPECT_EQ(vector_targets().back(), "AVX2"); }

TEST(Dispatch, AnUnknownTargetIsTheUsersMistake) {
  const std::string message = message_of<Error>([] { limit_vector_target("AVX1\n"); });
  EXPECT_TRUE(message.starts_with("vector instructions: AVX1")) << message;
  EXPECT_NE(message.find("AVX2, which this processor has."), std::string::npos) << message;
  EXPECT_EQ(message.find('\n'), std::string::npos) << "a name is printed on one line";
}

// Dot products at half the rate, as on Intel's processors, gain nothing over float32.
TEST(Dispatch, PrefersTilesThenDotProductsOfAmd) {
  const Bfloat16Kernels tiles = kEmulatedTileKernels, dots = kEmulatedTileKernels;
  EXPECT_EQ(best_bfloat16_kernels({.tiles = &tiles, .dots = &dots, .is_amd = false}), &tiles);
  EXPECT_EQ(best_bfloat16_kernels({.tiles = &tiles, .dots = &dots, .is_amd = true}), &tiles);
  EXPECT_EQ(best_bfloat16_kernels({.tiles = nullptr, .dots = &dots, .is_amd = true}), &dots);
  EXPECT_EQ(best_bfloat16_kernels({.tiles = nullptr, .dots = &dots, .is_amd = false}), nullptr);
  EXPECT_EQ(best_bfloat16_kernels({.tiles = nullptr, .dots = nullptr, .is_amd = true}), nullptr);
}

}  // namespace
}  // namespace massface
