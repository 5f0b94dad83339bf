#include "pipeline/augment.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "pipeline/augment_pixel.h"
#include "pipeline/degrade.h"
#include "pipeline/degrade_pixel.h"

namespace massface {
namespace {

using LevelTable = std::array<uint8_t, 256>;

int64_t mean_grey_of(PixelView image) {
  const int64_t pixels = image.height * image.width;
  int64_t sum = 0;
  for (int64_t i = 0; i < pixels; ++i) sum += grey_of(image.rgb + i * 3);
  return mean_of_grey(sum, pixels);
}

// Maps each level to center + factor * (level - center), rounded and clamped to [0, 255].
LevelTable levels_around(int64_t center, float factor) {
  LevelTable table;
  for (size_t level = 0; level < table.size(); ++level) {
    table[level] = level_around(center, static_cast<uint8_t>(level), factor);
  }
  return table;
}

void replace_levels(PixelView image, const LevelTable& table) {
  for (uint8_t* level = image.rgb; level != image.rgb + image.height * image.width * 3; ++level) *level = table[*level];
}

int64_t draw_shift(Random& random, int64_t padding) {
  return static_cast<int64_t>(random.below(static_cast<uint64_t>(2 * padding + 1))) - padding;
}

// As in the paper: an area and a ratio of its sides, both drawn.
void draw_erased(Random& random, const PipelineOptions& options, Augmentation& drawn) {
  constexpr float kLeastArea = 0.02f, kMostRatio = 1 / 0.3f;
  const bool erases = random.uniform() < options.erase;
  const float area = random.uniform(kLeastArea, std::max(kLeastArea, static_cast<float>(options.erase_area)));
  const float ratio = std::exp(random.uniform(-std::log(kMostRatio), std::log(kMostRatio)));
  const float height = std::min(std::sqrt(area * ratio), 1.0f), width = std::min(std::sqrt(area / ratio), 1.0f);
  const float top = random.uniform() * (1 - height), left = random.uniform() * (1 - width);
  for (uint8_t& level : drawn.erased_color) level = static_cast<uint8_t>(random.below(256));
  if (!erases) return;
  drawn.erased_top = top;
  drawn.erased_left = left;
  drawn.erased_height = height;
  drawn.erased_width = width;
}

void draw_degradation(Random& random, const PipelineOptions& options, Augmentation& drawn) {
  constexpr double kLeastSigma = 0.3;
  constexpr int32_t kBestQuality = 95;
  const bool blurs = random.uniform() < options.blur;
  const float sigma = random.uniform(kLeastSigma, static_cast<float>(options.blur_sigma));
  const bool shrinks = random.uniform() < options.low_resolution;
  const float shrink = random.uniform(1, static_cast<float>(options.low_resolution_factor));
  const bool loses = random.uniform() < options.jpeg;
  const auto worst = static_cast<int32_t>(options.jpeg_quality);
  const auto quality = worst + static_cast<int32_t>(random.below(static_cast<uint64_t>(kBestQuality - worst + 1)));
  if (blurs) set_gaussian_blur(drawn, sigma);
  if (shrinks) drawn.shrink = shrink;
  if (loses) drawn.jpeg_quality = quality;
}

float draw_factor(Random& random, double spread) { return 1.0f + static_cast<float>(spread) * random.uniform(-1, 1); }

}  // namespace

Augmentation draw_augmentation(const PipelineOptions& options, Random random) {
  Augmentation drawn;
  drawn.flip = random.uniform() < 0.5f && options.flip;
  drawn.shift_y = draw_shift(random, options.crop_padding);
  drawn.shift_x = draw_shift(random, options.crop_padding);
  drawn.brightness = draw_factor(random, options.brightness);
  drawn.contrast = draw_factor(random, options.contrast);
  drawn.saturation = draw_factor(random, options.saturation);
  drawn.grey = random.uniform() < options.grey;
  draw_erased(random, options, drawn);
  draw_degradation(random, options, drawn);
  return drawn;
}

void augment(PixelView image, const Augmentation& augmentation, std::vector<uint8_t>& scratch) {
  if (augmentation.shift_y != 0 || augmentation.shift_x != 0) {
    shift_with_repeated_edge(image, augmentation.shift_y, augmentation.shift_x, scratch);
  }
  if (augmentation.flip) flip_left_right(image);
  if (augmentation.brightness != 1) adjust_brightness(image, augmentation.brightness);
  if (augmentation.contrast != 1) adjust_contrast(image, augmentation.contrast);
  if (augmentation.saturation != 1) adjust_saturation(image, augmentation.saturation);
  if (augmentation.grey) make_grey(image);
  if (is_blurred(augmentation)) blur(image, augmentation, scratch);
  if (augmentation.shrink > 1) lower_resolution(image, augmentation.shrink, scratch);
  if (augmentation.jpeg_quality != 0) lose_by_jpeg(image, augmentation.jpeg_quality);
  erase(image, augmentation);
}

void flip_left_right(PixelView image) {
  for (int64_t y = 0; y < image.height; ++y) {
    uint8_t* left = image.rgb + y * image.width * 3;
    uint8_t* right = left + (image.width - 1) * 3;
    for (; left < right; left += 3, right -= 3) std::swap_ranges(left, left + 3, right);
  }
}

void shift_with_repeated_edge(PixelView image, int64_t shift_y, int64_t shift_x, std::vector<uint8_t>& scratch) {
  const int64_t row_bytes = image.width * 3;
  scratch.assign(image.rgb, image.rgb + image.height * row_bytes);
  for (int64_t y = 0; y < image.height; ++y) {
    const uint8_t* from = scratch.data() + std::clamp<int64_t>(y + shift_y, 0, image.height - 1) * row_bytes;
    uint8_t* to = image.rgb + y * row_bytes;
    for (int64_t x = 0; x < image.width; ++x, to += 3) {
      std::copy_n(from + std::clamp<int64_t>(x + shift_x, 0, image.width - 1) * 3, 3, to);
    }
  }
}

void adjust_brightness(PixelView image, float factor) { replace_levels(image, levels_around(0, factor)); }

void adjust_contrast(PixelView image, float factor) {
  replace_levels(image, levels_around(mean_grey_of(image), factor));
}

void adjust_saturation(PixelView image, float factor) {
  for (uint8_t* pixel = image.rgb; pixel != image.rgb + image.height * image.width * 3; pixel += 3) {
    const int64_t grey = grey_of(pixel);
    for (int c = 0; c < 3; ++c) pixel[c] = level_around(grey, pixel[c], factor);
  }
}

void make_grey(PixelView image) { adjust_saturation(image, 0); }

void erase(PixelView image, const Augmentation& augmentation) {
  const ErasedRectangle erased = erased_rectangle(augmentation, image.height, image.width);
  for (int64_t y = erased.top; y < erased.bottom; ++y) {
    for (int64_t x = erased.left; x < erased.right; ++x) {
      std::copy_n(augmentation.erased_color, 3, image.rgb + (y * image.width + x) * 3);
    }
  }
}

}  // namespace massface
