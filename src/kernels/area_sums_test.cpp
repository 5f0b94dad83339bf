#include "kernels/area_sums.h"

#include <gtest/gtest.h>

#include <vector>

#include "kernels/testing_targets.h"

namespace massface {
namespace {

TEST(AddBytes, AddsEachByteToItsSum) {
  on_all_targets([] {
    for (const int64_t count : {0, 1, 15, 16, 17, 100}) {
      std::vector<uint8_t> bytes(static_cast<size_t>(count));
      std::vector<uint32_t> sums(static_cast<size_t>(count) + 1, 1'000'000);
      for (int64_t i = 0; i < count; ++i) bytes[static_cast<size_t>(i)] = static_cast<uint8_t>(255 - 7 * i);
      add_bytes(bytes.data(), count, sums.data());
      for (int64_t i = 0; i < count; ++i) {
        ASSERT_EQ(sums[static_cast<size_t>(i)], 1'000'000u + bytes[static_cast<size_t>(i)]) << count << " at " << i;
      }
      EXPECT_EQ(sums.back(), 1'000'000u);
    }
  });
}

TEST(AddPixels, AddsTheThreeChannelsOfEachRange) {
  on_all_targets([] {
    std::vector<uint32_t> pixels(3 * 20 + 1);
    for (size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<uint32_t>(i * i);
    const std::vector<PixelRange> ranges{{0, 1}, {0, 20}, {5, 5}, {7, 4}, {3, 12}, {19, 20}};
    std::vector<uint32_t> totals(3 * ranges.size() + 1, 7);
    add_pixels(pixels.data(), ranges.data(), std::ssize(ranges), totals.data());
    for (size_t i = 0; i < 3 * ranges.size(); ++i) {
      uint32_t sum = 0;
      for (int64_t x = ranges[i / 3].begin; x < ranges[i / 3].end; ++x)
        sum += pixels[static_cast<size_t>(3 * x) + i % 3];
      EXPECT_EQ(totals[i], sum) << i;
    }
  });
}

}  // namespace
}  // namespace massface
