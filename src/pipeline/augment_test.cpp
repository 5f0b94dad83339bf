#include "pipeline/augment.h"

#include <gtest/gtest.h>

namespace massface {
namespace {

using Bytes = std::vector<uint8_t>;

// Pixels whose three channels are equal.
Bytes grey(const Bytes& levels) {
  Bytes rgb;
  for (const uint8_t level : levels) rgb.insert(rgb.end(), 3, level);
  return rgb;
}

template <typename Change>
Bytes changed(Bytes rgb, int64_t height, int64_t width, Change change) {
  change(PixelView{.rgb = rgb.data(), .height = height, .width = width});
  return rgb;
}

Random random_of(uint32_t item) { return {7, RandomStream::kAugment, 3, item}; }

TEST(FlipLeftRight, ReversesEveryRowAndKeepsChannels) {
  EXPECT_EQ(changed({1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15, 16, 17, 18, 19}, 2, 3, flip_left_right),
            (Bytes{7, 8, 9, 4, 5, 6, 1, 2, 3, 17, 18, 19, 14, 15, 16, 11, 12, 13}));
  EXPECT_EQ(changed(grey({1, 2, 3, 4}), 1, 4, flip_left_right), grey({4, 3, 2, 1}));
}

TEST(Shift, RepeatsTheEdge) {
  const auto shift = [](int64_t y, int64_t x) {
    return changed(grey({1, 2, 3, 4, 5, 6, 7, 8, 9}), 3, 3, [=](PixelView image) {
      Bytes scratch;
      shift_with_repeated_edge(image, y, x, scratch);
    });
  };
  EXPECT_EQ(shift(1, 0), grey({4, 5, 6, 7, 8, 9, 7, 8, 9}));
  EXPECT_EQ(shift(-1, 0), grey({1, 2, 3, 1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(shift(0, 1), grey({2, 3, 3, 5, 6, 6, 8, 9, 9}));
  EXPECT_EQ(shift(-2, -1), grey({1, 1, 2, 1, 1, 2, 1, 1, 2}));
  EXPECT_EQ(shift(9, 9), grey({9, 9, 9, 9, 9, 9, 9, 9, 9}));
}

TEST(AdjustBrightness, MultipliesAndSaturates) {
  const auto half_more = [](PixelView image) { adjust_brightness(image, 1.5f); };
  EXPECT_EQ(changed({0, 1, 10, 100, 170, 255}, 1, 2, half_more), (Bytes{0, 2, 15, 150, 255, 255}));
  EXPECT_EQ(changed({0, 1, 10, 100, 170, 255}, 1, 2, [](PixelView image) { adjust_brightness(image, 0); }),
            (Bytes{0, 0, 0, 0, 0, 0}));
}

// The mean of 50 and 150 is 100.
TEST(AdjustContrast, MovesLevelsAwayFromTheMeanGrey) {
  EXPECT_EQ(changed(grey({50, 150}), 1, 2, [](PixelView image) { adjust_contrast(image, 1.5f); }), grey({25, 175}));
  EXPECT_EQ(changed(grey({50, 150}), 1, 2, [](PixelView image) { adjust_contrast(image, 0); }), grey({100, 100}));
  EXPECT_EQ(changed(grey({50, 150}), 1, 2, [](PixelView image) { adjust_contrast(image, 9); }), grey({0, 255}));
}

// The grey of (200, 100, 10) is 0.299 * 200 + 0.587 * 100 + 0.114 * 10 = 119.64.
TEST(AdjustSaturation, MovesChannelsAwayFromTheirGrey) {
  EXPECT_EQ(changed({200, 100, 10}, 1, 1, [](PixelView image) { adjust_saturation(image, 0); }),
            (Bytes{120, 120, 120}));
  EXPECT_EQ(changed({200, 100, 10}, 1, 1, [](PixelView image) { adjust_saturation(image, 0.5f); }),
            (Bytes{160, 110, 65}));
  EXPECT_EQ(changed(grey({33}), 1, 1, [](PixelView image) { adjust_saturation(image, 2); }), grey({33}));
}

TEST(MakeGrey, GivesEachPixelItsGrey) {
  EXPECT_EQ(changed({200, 100, 10, 33, 33, 33}, 1, 2, make_grey), (Bytes{120, 120, 120, 33, 33, 33}));
}

// Rows 1 and 2 of four, column 1 of three.
TEST(Erase, FillsItsRectangle) {
  const Augmentation middle{
      .erased_top = 0.25f, .erased_left = 0.4f, .erased_height = 0.5f, .erased_width = 0.4f, .erased_color = {7, 8, 9}};
  const Bytes ones(4 * 3 * 3, 1);
  Bytes expected = ones;
  for (const size_t pixel : {1 * 3 + 1, 2 * 3 + 1})
    std::copy_n(middle.erased_color, 3, expected.begin() + 3 * static_cast<ptrdiff_t>(pixel));
  EXPECT_EQ(changed(ones, 4, 3, [&](PixelView image) { erase(image, middle); }), expected);
}

TEST(DrawAugmentation, ErasesAndGreysAsOftenAsAsked) {
  PipelineOptions options;
  options.erase = 0.3;
  options.erase_area = 0.5;
  options.grey = 0.2;
  int erased = 0, grey = 0;
  float least = 1, most = 0;
  for (uint32_t item = 0; item < 4000; ++item) {
    const Augmentation drawn = draw_augmentation(options, random_of(item));
    grey += drawn.grey ? 1 : 0;
    if (drawn.erased_height == 0) continue;
    ++erased;
    const float area = drawn.erased_height * drawn.erased_width;
    least = std::min(least, area);
    most = std::max(most, area);
    EXPECT_LE(drawn.erased_top + drawn.erased_height, 1.0001f);
    EXPECT_LE(drawn.erased_left + drawn.erased_width, 1.0001f);
  }
  EXPECT_NEAR(erased, 1200, 120);
  EXPECT_NEAR(grey, 800, 100);
  EXPECT_NEAR(least, 0.02, 0.01);
  EXPECT_NEAR(most, 0.5, 0.05);
}

TEST(DrawAugmentation, ChangesNothingWhereAllIsOff) {
  PipelineOptions off;
  off.flip = false;
  Bytes scratch;
  for (uint32_t item = 0; item < 50; ++item) {
    const auto drawn = draw_augmentation(off, random_of(item));
    EXPECT_EQ(changed({1, 2, 3, 40, 50, 60}, 1, 2, [&](PixelView image) { augment(image, drawn, scratch); }),
              (Bytes{1, 2, 3, 40, 50, 60}));
  }
}

TEST(DrawAugmentation, FlipsHalfOfTheImages) {
  int flips = 0;
  for (uint32_t item = 0; item < 2000; ++item) flips += draw_augmentation({}, random_of(item)).flip;
  EXPECT_NEAR(flips, 1000, 100);
}

TEST(DrawAugmentation, DrawsEveryShiftWithinThePadding) {
  PipelineOptions options;
  options.crop_padding = 2;
  std::vector<int> y_counts(5), x_counts(5);
  for (uint32_t item = 0; item < 5000; ++item) {
    const auto drawn = draw_augmentation(options, random_of(item));
    ++y_counts.at(static_cast<size_t>(drawn.shift_y + 2));
    ++x_counts.at(static_cast<size_t>(drawn.shift_x + 2));
  }
  for (const int count : y_counts) EXPECT_NEAR(count, 1000, 150);
  for (const int count : x_counts) EXPECT_NEAR(count, 1000, 150);
}

TEST(DrawAugmentation, DrawsFactorsAroundOne) {
  PipelineOptions options;
  options.brightness = 0.4;
  options.contrast = 0.2;
  options.saturation = 1;
  float low = 9, high = 0;
  double sum = 0;
  for (uint32_t item = 0; item < 2000; ++item) {
    const auto drawn = draw_augmentation(options, random_of(item));
    low = std::min(low, drawn.brightness);
    high = std::max(high, drawn.brightness);
    sum += drawn.saturation;
    EXPECT_GE(drawn.contrast, 0.8f);
    EXPECT_LE(drawn.contrast, 1.2f);
  }
  EXPECT_NEAR(low, 0.6, 0.01);
  EXPECT_NEAR(high, 1.4, 0.01);
  EXPECT_NEAR(sum / 2000, 1, 0.05);
}

TEST(DrawAugmentation, LeavesTheOthersAloneWhenOneIsTurnedOn) {
  PipelineOptions some, all;
  some.contrast = all.contrast = 0.3;
  all.crop_padding = 4;
  all.brightness = all.saturation = 0.5;
  for (uint32_t item = 0; item < 50; ++item) {
    const auto a = draw_augmentation(some, random_of(item)), b = draw_augmentation(all, random_of(item));
    EXPECT_EQ(a.flip, b.flip);
    EXPECT_EQ(a.contrast, b.contrast);
  }
}

// Shifted: 2 3 3. Flipped: 3 3 2. Doubled: 6 6 4, mean 5 (16 / 3). Twice as far from it: 7 7 3.
TEST(Augment, ShiftsThenFlipsThenAdjusts) {
  Bytes scratch;
  const Augmentation all{.shift_x = 1, .flip = true, .brightness = 2, .contrast = 2};
  EXPECT_EQ(changed(grey({1, 2, 3}), 1, 3, [&](PixelView image) { augment(image, all, scratch); }), grey({7, 7, 3}));
  EXPECT_EQ(changed({200, 100, 10}, 1, 1, [&](PixelView image) { augment(image, {.saturation = 0}, scratch); }),
            (Bytes{120, 120, 120}));
}

}  // namespace
}  // namespace massface
