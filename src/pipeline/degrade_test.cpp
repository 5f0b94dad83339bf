#include "pipeline/degrade.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>

#include "image/encode.h"
#include "image/jpeg.h"
#include "pipeline/degrade_pixel.h"
#include "pipeline/jpeg_loss.h"

namespace massface {
namespace {

using Bytes = std::vector<uint8_t>;

template <typename Change>
Bytes degraded(Bytes rgb, int64_t height, int64_t width, Change change) {
  change(PixelView{.rgb = rgb.data(), .height = height, .width = width});
  return rgb;
}

// Pixels whose three channels are equal.
Bytes grey_pixels(const Bytes& levels) {
  Bytes rgb;
  for (const uint8_t level : levels) rgb.insert(rgb.end(), 3, level);
  return rgb;
}

// A soft picture with a hard edge and some noise, which keeps every coefficient of the DCT busy.
Bytes busy_picture(int64_t height, int64_t width) {
  Bytes rgb;
  Random random(11, RandomStream::kSyntheticImage);
  for (int64_t y = 0; y < height; ++y) {
    for (int64_t x = 0; x < width; ++x) {
      const double soft = 110 + 60 * std::sin(0.11 * static_cast<double>(x)) * std::cos(0.07 * static_cast<double>(y));
      const double edge = x > width / 3 ? 40 : 0, noise = random.uniform(-12, 12);
      for (const double tint : {1.0, 0.8, 0.6}) rgb.push_back(static_cast<uint8_t>(tint * (soft + edge + noise)));
    }
  }
  return rgb;
}

double mean_difference(const Bytes& a, const Bytes& b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += std::abs(int{a[i]} - int{b[i]});
  return sum / static_cast<double>(a.size());
}

// The density at 0, 1 and 2 standard deviations is 1, 0.6065 and 0.1353; the sum of all is 2.5066.
TEST(GaussianBlur, HasTheWeightsOfTheNormalDensity) {
  Augmentation blurs;
  set_gaussian_blur(blurs, 1);
  EXPECT_NEAR(blurs.blur_weights[0] / 65536.0, 1 / 2.5066, 1e-4);
  EXPECT_NEAR(blurs.blur_weights[1] / 65536.0, 0.6065 / 2.5066, 1e-4);
  EXPECT_NEAR(blurs.blur_weights[2] / 65536.0, 0.1353 / 2.5066, 1e-4);
  for (const double sigma : {0.3, 0.7, 1.3, 2.0}) {
    set_gaussian_blur(blurs, sigma);
    int32_t sum = blurs.blur_weights[0];
    for (int away = 1; away <= kBlurRadius; ++away) sum += 2 * blurs.blur_weights[away];
    EXPECT_EQ(sum, 1 << 16) << sigma;
  }
}

// Quarters of 160 beside its half, then the same down the columns; edges are repeated.
TEST(Blur, SpreadsAPixelAlongBothAxes) {
  Augmentation blurs;
  blurs.blur_weights[0] = 1 << 15;
  blurs.blur_weights[1] = 1 << 14;
  Bytes scratch;
  const auto run = [&](const Bytes& levels) {
    return degraded(grey_pixels(levels), 3, 3, [&](PixelView image) { blur(image, blurs, scratch); });
  };
  EXPECT_EQ(run({0, 0, 0, 0, 160, 0, 0, 0, 0}), grey_pixels({10, 20, 10, 20, 40, 20, 10, 20, 10}));
  EXPECT_EQ(run({160, 0, 0, 0, 0, 0, 0, 0, 0}), grey_pixels({90, 30, 0, 30, 10, 0, 0, 0, 0}));
}

TEST(Blur, KeepsTheChannelsApart) {
  Augmentation blurs;
  set_gaussian_blur(blurs, 2);
  Bytes plain, scratch;
  for (int i = 0; i < 35; ++i) plain.insert(plain.end(), {10, 200, 255});
  EXPECT_EQ(degraded(plain, 5, 7, [&](PixelView image) { blur(image, blurs, scratch); }), plain);
}

// The means of the pairs are 20 and 60; half way between their centres lies 40, and a quarter of the way 30 and 50.
TEST(LowerResolution, AveragesAndInterpolates) {
  Bytes scratch;
  const auto run = [&](const Bytes& levels, float shrink) {
    return degraded(grey_pixels(levels), 1, std::ssize(levels),
                    [&](PixelView image) { lower_resolution(image, shrink, scratch); });
  };
  EXPECT_EQ(run({10, 30, 50, 70}, 2), grey_pixels({20, 30, 50, 60}));
  EXPECT_EQ(run({10, 30, 50, 70}, 16), grey_pixels({40, 40, 40, 40}));
  EXPECT_EQ(run({10, 30, 50, 70}, 1), grey_pixels({10, 30, 50, 70}));
}

TEST(LowerResolution, LosesWhatIsFinerThanThePixelsThatAreLeft) {
  Bytes levels, scratch;
  for (int i = 0; i < 8 * 8; ++i) levels.push_back(i % 2 == 0 ? 100 : 200);
  EXPECT_EQ(degraded(grey_pixels(levels), 8, 8, [&](PixelView image) { lower_resolution(image, 4, scratch); }),
            grey_pixels(Bytes(64, 150)));
}

// Annex K's first luma step is 16. libjpeg's scale: quality 50 leaves the tables, 25 doubles them, 90 takes a fifth.
TEST(JpegLoss, ScalesTheTablesAsLibjpegDoes) {
  EXPECT_EQ(jpeg_step(false, 0, 50), 16);
  EXPECT_EQ(jpeg_step(false, 63, 50), 99);
  EXPECT_EQ(jpeg_step(true, 0, 50), 17);
  EXPECT_EQ(jpeg_step(false, 0, 25), 32);
  EXPECT_EQ(jpeg_step(false, 0, 90), 3);
  EXPECT_EQ(jpeg_step(false, 0, 100), 1);
  EXPECT_EQ(jpeg_step(false, 63, 1), 255);
}

TEST(JpegLoss, HasAnOrthonormalTransform) {
  for (int u = 0; u < kJpegBlock; ++u) {
    for (int v = 0; v < kJpegBlock; ++v) {
      double product = 0;
      for (int x = 0; x < kJpegBlock; ++x) product += dct_element(u, x) * dct_element(v, x) / 16777216.0;
      EXPECT_NEAR(product, u == v ? 1 : 0, 1e-3) << u << " " << v;
    }
  }
}

// A real JPEG differs from the image by much more than the simulated one differs from it; what is left is libjpeg's
// smooth enlarging of chroma. 112 x 96 is a multiple of the tile; 50 x 41 is not.
TEST(JpegLoss, ComesCloseToARealJpeg) {
  for (const auto& [height, width] : {std::pair{112, 96}, {50, 41}}) {
    const Bytes original = busy_picture(height, width);
    for (const int quality : {10, 30, 60, 85}) {
      const Bytes file = encode_jpeg({height, width, original}, quality);
      Bytes real(original.size());
      JpegDecoder().decode_into(file, read_jpeg_frame(file), real.data());
      const Bytes simulated = degraded(original, height, width, [&](PixelView image) { lose_by_jpeg(image, quality); });
      EXPECT_LT(mean_difference(simulated, real), 0.35 * mean_difference(original, real)) << quality << " " << height;
    }
  }
}

TEST(DrawAugmentation, DegradesAsOftenAndAsFarAsAsked) {
  PipelineOptions options;
  options.blur = 0.3;
  options.low_resolution = 0.2;
  options.low_resolution_factor = 3;
  options.jpeg = 0.5;
  options.jpeg_quality = 20;
  int blurred = 0, shrunk = 0, lossy = 0;
  float most = 1;
  int32_t worst = 100, best = 0;
  for (uint32_t item = 0; item < 4000; ++item) {
    const Augmentation drawn = draw_augmentation(options, {7, RandomStream::kAugment, 3, item});
    blurred += is_blurred(drawn) ? 1 : 0;
    shrunk += drawn.shrink > 1 ? 1 : 0;
    most = std::max(most, drawn.shrink);
    if (drawn.jpeg_quality == 0) continue;
    ++lossy;
    worst = std::min(worst, drawn.jpeg_quality);
    best = std::max(best, drawn.jpeg_quality);
  }
  EXPECT_NEAR(blurred, 1200, 120);
  EXPECT_NEAR(shrunk, 800, 100);
  EXPECT_NEAR(lossy, 2000, 150);
  EXPECT_NEAR(most, 3, 0.05);
  EXPECT_EQ(worst, 20);
  EXPECT_EQ(best, 95);
}

}  // namespace
}  // namespace massface
