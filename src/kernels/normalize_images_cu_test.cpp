#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "core/random.h"
#include "kernels/normalize_images.h"
#include "kernels/testing_device_memory.h"
#include "kernels/testing_normalize_images_cu.h"

namespace massface {
namespace {

void expect_equal_to_the_cpu(const Tensor& images, float mean, float scale, bool bgr) {
  const auto* bytes = images.const_data_ptr<uint8_t>();
  const TestingArray<const uint8_t> in("bytes", std::vector<uint8_t>(bytes, bytes + images.numel()));
  TestingArray<float> values("values", Unwritten{images.numel()});
  normalize_images_on_testing_device(in.data(), values.data(), images.numel(), mean, scale, bgr, nullptr);
  const Tensor expected = normalize_images(images, mean, scale, bgr).permute({0, 2, 3, 1}).contiguous();
  const auto* from = expected.const_data_ptr<float>();
  EXPECT_EQ(values.values(), std::vector<float>(from, from + expected.numel())) << images.sizes() << " " << bgr;
}

Tensor random_bytes(Random& random, int64_t batch, int64_t height, int64_t width) {
  Tensor images = at::empty({batch, height, width, 3}, at::kByte);
  for (int64_t i = 0; i < images.numel(); ++i) {
    images.mutable_data_ptr<uint8_t>()[i] = static_cast<uint8_t>(random.below(256));
  }
  return images;
}

TEST(NormalizeImagesKernel, EqualsTheCpuBitForBitForRandomShapes) {
  Random random(11, RandomStream::kSyntheticImage);
  for (int i = 0; i < 60; ++i) {
    // None and one of each among them; blocks have 256 threads.
    const auto batch = static_cast<int64_t>(random.below(4)), height = static_cast<int64_t>(1 + random.below(12)),
               width = static_cast<int64_t>(1 + random.below(24));
    expect_equal_to_the_cpu(random_bytes(random, batch, height, width), random.uniform(0, 200), random.uniform(1, 200),
                            i % 2 == 1);
  }
  expect_equal_to_the_cpu(random_bytes(random, 1, 1, 1), 127.5f, 128, true);
}

// 4,096 blocks of 256 threads at most: beyond that, each takes several values.
TEST(NormalizeImagesKernel, TakesMoreValuesThanThreads) {
  Random random(12, RandomStream::kSyntheticImage);
  expect_equal_to_the_cpu(random_bytes(random, 1, 3, 116600), 127.5f, 128, true);
}

}  // namespace
}  // namespace massface
