// WebP: lossy, lossless, with alpha, and in the extended form.
#include "image/testing_fuzz_image.h"
#include "image/testing_samples.h"
#include "image/testing_webp.h"

namespace massface {
namespace {

std::vector<std::vector<uint8_t>> seeds() {
  const Image image = sample::gradient(9, 17);
  const auto lossy = sample::webp(image, sample::kLossy);
  return {smallest_webp(), lossy, sample::webp(image, sample::kLossless),
          sample::webp_with_alpha(std::vector<uint8_t>(5 * 4 * 4, 99), 5, 4),
          sample::extended_webp(lossy, 8, {.name = "EXIF", .content = {'M', 'M', 0, 42}})};
}

}  // namespace

FuzzTarget fuzz_target() {
  return {decode_fuzzed, seeds, {"RIFF", "WEBP", "VP8 ", "VP8L", "VP8X", "ALPH", "ANIM", "ANMF", "EXIF", "ICCP"}};
}

}  // namespace massface
