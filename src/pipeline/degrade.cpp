#include "pipeline/degrade.h"

#include <array>
#include <cmath>

#include "pipeline/degrade_pixel.h"
#include "pipeline/jpeg_loss.h"

namespace massface {

void set_gaussian_blur(Augmentation& augmentation, double sigma) {
  constexpr int32_t kOne = 1 << 16;
  std::array<double, kBlurRadius + 1> density{};
  double sum = 0;
  for (int away = 0; away <= kBlurRadius; ++away) {
    density[static_cast<size_t>(away)] = std::exp(-away * away / (2 * sigma * sigma));
    sum += (away == 0 ? 1 : 2) * density[static_cast<size_t>(away)];
  }
  int32_t outside = 0;
  for (int away = 1; away <= kBlurRadius; ++away) {
    augmentation.blur_weights[away] =
        static_cast<int32_t>(std::lround(kOne * density[static_cast<size_t>(away)] / sum));
    outside += 2 * augmentation.blur_weights[away];
  }
  augmentation.blur_weights[0] = kOne - outside;
}

void blur(PixelView image, const Augmentation& augmentation, std::vector<uint8_t>& scratch) {
  scratch.resize(static_cast<size_t>(image.height * image.width * 3));
  const int64_t row_bytes = image.width * 3;
  for (int64_t y = 0; y < image.height; ++y) {
    const PixelLine row{image.rgb + y * row_bytes, image.width, 3};
    for (int64_t x = 0; x < image.width; ++x) {
      blurred_pixel(row, x, augmentation, scratch.data() + y * row_bytes + x * 3);
    }
  }
  for (int64_t x = 0; x < image.width; ++x) {
    const PixelLine column{scratch.data() + x * 3, image.height, row_bytes};
    for (int64_t y = 0; y < image.height; ++y) {
      blurred_pixel(column, y, augmentation, image.rgb + y * row_bytes + x * 3);
    }
  }
}

void lower_resolution(PixelView image, float shrink, std::vector<uint8_t>& scratch) {
  const int64_t height = shrunk_size(image.height, shrink), width = shrunk_size(image.width, shrink);
  scratch.resize(static_cast<size_t>(height * width * 3));
  for (int64_t i = 0; i < height * width; ++i) {
    reduced_pixel(image.rgb, image.height, image.width, height, width, i / width, i % width, scratch.data() + i * 3);
  }
  for (int64_t i = 0; i < image.height * image.width; ++i) {
    enlarged_pixel(scratch.data(), height, width, image.height, image.width, i / image.width, i % image.width,
                   image.rgb + i * 3);
  }
}

void lose_by_jpeg(PixelView image, int32_t quality) {
  for (int64_t top = 0; top < image.height; top += kJpegTile) {
    for (int64_t left = 0; left < image.width; left += kJpegTile) {
      lose_in_tile(image.rgb, image.height, image.width, top, left, quality);
    }
  }
}

}  // namespace massface
