#include "kernels/normalize_images.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

namespace massface {
namespace {

Tensor ramp(int64_t batch, int64_t height, int64_t width) {
  return torch::arange(batch * height * width * 3)
      .mul(37)
      .remainder(256)
      .to(at::kByte)
      .reshape({batch, height, width, 3});
}

TEST(NormalizeImages, APixelBecomesItsDistanceFromTheMeanInUnitsOfTheScale) {
  const Tensor image = torch::tensor({0, 127, 255, 10, 20, 30}, at::kByte).reshape({1, 1, 2, 3});
  const Tensor rgb = normalize_images(image, 127.5, 128.0, /*bgr=*/false);
  EXPECT_EQ(rgb.sizes(), (std::vector<int64_t>{1, 3, 1, 2}));
  EXPECT_TRUE(rgb.is_contiguous(at::MemoryFormat::ChannelsLast));
  EXPECT_FLOAT_EQ(rgb[0][0][0][0].item<float>(), -127.5f / 128);
  EXPECT_FLOAT_EQ(rgb[0][1][0][0].item<float>(), -0.5f / 128);
  EXPECT_FLOAT_EQ(rgb[0][2][0][0].item<float>(), 127.5f / 128);
  EXPECT_FLOAT_EQ(rgb[0][2][0][1].item<float>(), -97.5f / 128);

  const Tensor bgr = normalize_images(image, 10.0, 2.0, /*bgr=*/true);
  EXPECT_FLOAT_EQ(bgr[0][0][0][1].item<float>(), 10.0f);  // blue of the second pixel: (30 - 10) / 2
  EXPECT_FLOAT_EQ(bgr[0][2][0][1].item<float>(), 0.0f);
}

TEST(NormalizeImages, EqualsItsReferenceForEveryShape) {
  for (const auto& [batch, height, width] :
       std::vector<std::array<int64_t, 3>>{{1, 1, 1}, {2, 3, 5}, {0, 4, 4}, {3, 112, 96}}) {
    for (const bool bgr : {false, true}) {
      const Tensor images = ramp(batch, height, width);
      const Tensor fast = normalize_images(images, 127.5, 127.3, bgr);
      const Tensor reference = normalize_images_reference(images, 127.5, 127.3, bgr);
      EXPECT_EQ(fast.sizes(), reference.sizes());
      // ATen divides by a scalar by multiplying with its inverse: results differ by one unit in the last place.
      EXPECT_TRUE(torch::allclose(fast, reference, 1e-6, 1e-7)) << batch << " " << height << " " << width;
    }
  }
}

}  // namespace
}  // namespace massface
