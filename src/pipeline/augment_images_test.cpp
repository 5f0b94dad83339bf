#include "pipeline/augment_images.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "kernels/cuda_hooks.h"
#include "pipeline/augment.h"

namespace massface {
namespace {

// uint8 [count, height, width, 3], with levels over the whole range.
Tensor stored_images(int64_t count, int64_t height, int64_t width) {
  Tensor images = at::empty({count, height, width, 3}, at::kByte);
  Random random(5, RandomStream::kSyntheticImage);
  for (int64_t i = 0; i < images.numel(); ++i) {
    images.mutable_data_ptr<uint8_t>()[i] = static_cast<uint8_t>(random.below(256));
  }
  return images;
}

std::vector<Augmentation> drawn_augmentations(int64_t count) {
  PipelineOptions options;
  options.crop_padding = 3;
  options.brightness = options.contrast = options.saturation = 0.9;
  std::vector<Augmentation> drawn;
  for (int64_t i = 0; i < count; ++i) {
    // Every third augmentation leaves the colours alone, as if those options were off.
    options.brightness = options.contrast = options.saturation = i % 3 == 0 ? 0 : 0.9;
    options.grey = i % 3 == 1 ? 0.5 : 0;
    options.erase = i % 3 == 2 ? 0.8 : 0;
    options.blur = options.low_resolution = options.jpeg = i % 4 == 3 ? 0.5 : 0;
    drawn.push_back(draw_augmentation(options, Random(7, RandomStream::kAugment, 3, static_cast<uint32_t>(i))));
  }
  return drawn;
}

std::vector<ImageIndex> chosen_images(int64_t count, int64_t stored) {
  std::vector<ImageIndex> chosen;
  for (int64_t i = 0; i < count; ++i) chosen.push_back(i * 5 % stored);
  return chosen;
}

TEST(AugmentImages, AugmentsEachImageByItsOwnNumbers) {
  const int64_t height = 17, width = 19, bytes = height * width * 3;
  const Tensor stored = stored_images(4, height, width);
  const auto chosen = chosen_images(300, 4);
  const auto augmentations = drawn_augmentations(300);
  const Tensor images = augment_images(stored, chosen, augmentations);
  std::vector<uint8_t> scratch;
  int64_t changed = 0;
  for (size_t i = 0; i < chosen.size(); ++i) {
    const uint8_t* from = stored.const_data_ptr<uint8_t>() + chosen[i] * bytes;
    std::vector<uint8_t> expected(from, from + bytes);
    augment({.rgb = expected.data(), .height = height, .width = width}, augmentations[i], scratch);
    const uint8_t* got = images.const_data_ptr<uint8_t>() + static_cast<int64_t>(i) * bytes;
    ASSERT_TRUE(std::equal(expected.begin(), expected.end(), got)) << i;
    changed += std::equal(expected.begin(), expected.end(), from) ? 0 : 1;
  }
  EXPECT_GT(changed, 290);
}

TEST(AugmentImages, GivesTheSameBytesOnAGpu) {
  if (cuda_hooks::num_devices() == 0) GTEST_SKIP() << "needs a GPU and a build with CUDA";
  const Tensor stored = stored_images(16, 112, 96);
  const auto chosen = chosen_images(500, 16);
  const auto augmentations = drawn_augmentations(500);
  EXPECT_TRUE(
      augment_images(stored.cuda(), chosen, augmentations).cpu().equal(augment_images(stored, chosen, augmentations)));
}

}  // namespace
}  // namespace massface
