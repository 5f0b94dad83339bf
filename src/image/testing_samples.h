#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "image/image.h"

// Encoded images of the kinds that encode.h does not write, for tests.
namespace massface::sample {

// Every pixel the same colour.
Image uniform(int64_t height, int64_t width, uint8_t red, uint8_t green, uint8_t blue);

// A smooth picture without symmetry, so that flips, shifts and swapped channels show.
Image gradient(int64_t height, int64_t width);

enum JpegKind { kBaseline, kProgressive, kGrey };
std::vector<uint8_t> jpeg(const Image& image, JpegKind kind);

// A YCCK JPEG with an Adobe marker. cmyk: four bytes per pixel, as stored (Adobe stores 255 - ink).
std::vector<uint8_t> ycck_jpeg(const std::vector<uint8_t>& cmyk, int64_t height, int64_t width);

// As written by libwebp at its best quality; kLossless is exact to the pixel.
enum WebpKind { kLossy, kLossless };
std::vector<uint8_t> webp(const Image& image, WebpKind kind);
// Lossless. rgba: four bytes per pixel.
std::vector<uint8_t> webp_with_alpha(const std::vector<uint8_t>& rgba, int64_t height, int64_t width);

// Converts a file made by webp() (16,384 or fewer pixels per side) to WebP's extended form, with one more chunk after
// the image. flags: those of VP8X, which announce what the file contains (8: EXIF; 2: an animation).
struct WebpChunk {
  std::string name;  // four letters
  std::vector<uint8_t> content;
};
std::vector<uint8_t> extended_webp(const std::vector<uint8_t>& webp, uint8_t flags, const WebpChunk& more);

struct Png {
  int64_t height;
  int64_t width;
  uint8_t color_type;  // enum spng_color_type
  uint8_t bit_depth;
  std::vector<uint8_t> samples;                 // as PNG's unfiltered rows; 16-bit samples big-endian
  std::vector<std::vector<uint8_t>> palette{};  // {red, green, blue, alpha}
  int64_t transparent_grey = -1;                // the grey level of a tRNS chunk
  bool interlaced = false;                      // Adam7
  std::vector<uint8_t> exif{};                  // of an eXIf chunk, which begins with MM or II
};
std::vector<uint8_t> png(const Png& png);

}  // namespace massface::sample
