#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <vector>

#include "kernels/testing_device_memory.h"
#include "pipeline/augment.h"
#include "pipeline/augment_images.h"
#include "pipeline/testing_augment_images_cu.h"

namespace massface {
namespace {

struct AugmentedShape {
  int64_t stored, size, height, width;
};

std::vector<Augmentation> random_augmentations(Random& random, int64_t size) {
  std::vector<Augmentation> drawn;
  for (int64_t i = 0; i < size; ++i) {
    PipelineOptions options;
    options.crop_padding = static_cast<int64_t>(random.below(6));
    // One of the three at a time is off: the kernel skips the mean grey without contrast.
    options.brightness = i % 4 == 1 ? 0 : 0.9;
    options.contrast = i % 4 == 2 ? 0 : 0.9;
    options.saturation = i % 4 == 3 ? 0 : 0.9;
    options.grey = i % 4 == 0 ? 0.5 : 0;
    options.erase = i % 2 == 0 ? 0.8 : 0;
    options.erase_area = 0.9;
    options.blur = i % 3 == 0 ? 0.7 : 0;
    options.low_resolution = i % 5 == 0 ? 0.7 : 0;
    options.jpeg = i % 2 == 1 ? 0.7 : 0;
    drawn.push_back(draw_augmentation(options, Random(random.next_u64(), RandomStream::kAugment)));
  }
  return drawn;
}

void expect_the_bytes_of_the_cpu(Random& random, const AugmentedShape& shape) {
  Tensor stored = at::empty({shape.stored, shape.height, shape.width, 3}, at::kByte);
  auto* bytes = stored.mutable_data_ptr<uint8_t>();
  for (int64_t i = 0; i < stored.numel(); ++i) bytes[i] = static_cast<uint8_t>(random.below(256));
  std::vector<ImageIndex> chosen;
  for (int64_t i = 0; i < shape.size; ++i) {
    chosen.push_back(static_cast<ImageIndex>(random.below(static_cast<uint64_t>(shape.stored))));
  }
  const std::vector<Augmentation> augmentations = random_augmentations(random, shape.size);

  const TestingArray<const uint8_t> images("images", std::vector<uint8_t>(bytes, bytes + stored.numel()));
  const TestingArray<const int64_t> rows("chosen", std::vector<int64_t>(chosen.begin(), chosen.end()));
  const TestingArray<const Augmentation> numbers("augmentations", augmentations);
  TestingArray<uint8_t> result("result", Unwritten{shape.size * shape.height * shape.width * 3});
  TestingArray<uint8_t> scratch("scratch", Unwritten{shape.size * shape.height * shape.width * 3});
  augment_images_on_testing_device({.images = images.data(),
                                    .chosen = rows.data(),
                                    .augmentations = numbers.data(),
                                    .result = result.data(),
                                    .scratch = scratch.data(),
                                    .size = shape.size,
                                    .height = shape.height,
                                    .width = shape.width},
                                   nullptr);
  const Tensor expected = augment_images(stored, chosen, augmentations);
  const auto* from = expected.const_data_ptr<uint8_t>();
  EXPECT_EQ(result.values(), std::vector<uint8_t>(from, from + expected.numel())) << expected.sizes();
}

TEST(AugmentImagesKernel, GivesTheBytesOfTheCpuForRandomShapes) {
  Random random(13, RandomStream::kSyntheticImage);
  for (int i = 0; i < 40; ++i) {
    // A block has 256 threads: images have fewer pixels, or more, and sometimes one.
    expect_the_bytes_of_the_cpu(random, {.stored = static_cast<int64_t>(1 + random.below(4)),
                                         .size = static_cast<int64_t>(random.below(7)),
                                         .height = static_cast<int64_t>(1 + random.below(24)),
                                         .width = static_cast<int64_t>(1 + random.below(24))});
  }
  expect_the_bytes_of_the_cpu(random, {.stored = 1, .size = 4, .height = 1, .width = 1});
  expect_the_bytes_of_the_cpu(random, {.stored = 2, .size = 4, .height = 112, .width = 96});
}

}  // namespace
}  // namespace massface
