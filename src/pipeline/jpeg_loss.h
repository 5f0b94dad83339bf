#pragma once

#include <cstdint>

#include "pipeline/augment_pixel.h"

// What a baseline JPEG of 4:2:0 chroma does to an image, without its lossless part, the entropy coding (ITU-T T.81):
// YCbCr, the means of 2 x 2 chroma samples, the DCT of blocks of 8 x 8, and its coefficients rounded to multiples of
// the quantisation tables of annex K, scaled by the quality as libjpeg does. Integer arithmetic, so that every device
// computes the same bytes; also compiled by nvcc (C++17).
namespace massface {

constexpr int kJpegBlock = 8;
constexpr int kJpegTile = 16;  // the pixels whose four blocks of luma share one of Cb and one of Cr

// Returns a coefficient's quantisation step, 1 to 255. place: row by row, 0 to 63. quality: 1 to 100.
MASSFACE_HOST_DEVICE inline int32_t jpeg_step(bool chroma, int place, int32_t quality) {
  constexpr uint8_t kLuma[64] = {16, 11, 10, 16, 24,  40,  51,  61,  12, 12, 14, 19, 26,  58,  60,  55,   //
                                 14, 13, 16, 24, 40,  57,  69,  56,  14, 17, 22, 29, 51,  87,  80,  62,   //
                                 18, 22, 37, 56, 68,  109, 103, 77,  24, 35, 55, 64, 81,  104, 113, 92,   //
                                 49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99};  // table K.1
  constexpr uint8_t kChroma[64] = {17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99,        //
                                   24, 26, 56, 99, 99, 99, 99, 99, 47, 66, 99, 99, 99, 99, 99, 99,        //
                                   99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,        //
                                   99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99};       // table K.2
  const int32_t percent = quality < 50 ? 5000 / quality : 200 - 2 * quality;
  const int32_t step = ((chroma ? kChroma[place] : kLuma[place]) * percent + 50) / 100;
  return step < 1 ? 1 : step > 255 ? 255 : step;
}

// Returns 2^12 times the element of the orthonormal DCT matrix: sqrt(1/8) for frequency 0, else
// cos((2 place + 1) frequency pi / 16) / 2.
MASSFACE_HOST_DEVICE inline int32_t dct_element(int frequency, int place) {
  // 2^12 cos(n pi / 16) / 2; and sqrt(1/8), which is cos(pi / 4) / 2, stands at 4.
  constexpr int32_t kHalfCosine[9] = {2048, 2009, 1892, 1703, 1448, 1138, 784, 400, 0};
  if (frequency == 0) return kHalfCosine[4];
  const int angle = (2 * place + 1) * frequency % 32;  // in units of pi / 16
  const int folded = angle > 16 ? 32 - angle : angle;
  return folded > 8 ? -kHalfCosine[16 - folded] : kHalfCosine[folded];
}

// Transforms the rows of a block and transposes it; twice, and both axes are done. The values get a factor of
// 2^(12 - shift).
MASSFACE_HOST_DEVICE inline void dct_rows(const int32_t* in, int32_t* out, bool inverse, int shift) {
  for (int row = 0; row < kJpegBlock; ++row) {
    for (int k = 0; k < kJpegBlock; ++k) {
      int32_t sum = 1 << (shift - 1);
      for (int i = 0; i < kJpegBlock; ++i) {
        sum += in[row * kJpegBlock + i] * (inverse ? dct_element(i, k) : dct_element(k, i));
      }
      out[k * kJpegBlock + row] = sum >> shift;
    }
  }
}

// Rounds the block's coefficients, in place. samples: levels 0 to 255, row by row, before and after.
MASSFACE_HOST_DEVICE inline void lose_in_block(int32_t* samples, bool chroma, int32_t quality) {
  constexpr int kKeptBits = 3;  // of the fraction between the two axes
  int32_t between[kJpegBlock * kJpegBlock];
  for (int i = 0; i < kJpegBlock * kJpegBlock; ++i) samples[i] -= 128;
  dct_rows(samples, between, false, 12 - kKeptBits);
  dct_rows(between, samples, false, 12 + kKeptBits);
  for (int i = 0; i < kJpegBlock * kJpegBlock; ++i) {
    const int32_t step = jpeg_step(chroma, i, quality), size = samples[i] < 0 ? -samples[i] : samples[i];
    const int32_t kept = (size + step / 2) / step * step;
    samples[i] = samples[i] < 0 ? -kept : kept;
  }
  dct_rows(samples, between, true, 12 - kKeptBits);
  dct_rows(between, samples, true, 12 + kKeptBits);
  for (int i = 0; i < kJpegBlock * kJpegBlock; ++i) {
    const int32_t level = samples[i] + 128;
    samples[i] = level < 0 ? 0 : level > 255 ? 255 : level;
  }
}

// Replaces the pixels of one tile of 16 x 16, whose first is (top, left), by what a JPEG leaves of them. Where it
// reaches beyond the image, the nearest pixels inside are repeated. image: HWC.
MASSFACE_HOST_DEVICE inline void lose_in_tile(uint8_t* image, int64_t height, int64_t width, int64_t top, int64_t left,
                                              int32_t quality) {
  constexpr int kSize = kJpegBlock * kJpegBlock;
  int32_t luma[4][kSize], chroma[2][kSize] = {};
  for (int y = 0; y < kJpegTile; ++y) {
    for (int x = 0; x < kJpegTile; ++x) {
      const uint8_t* rgb = image + (nearest_place(top + y, height) * width + nearest_place(left + x, width)) * 3;
      const int32_t r = rgb[0], g = rgb[1], b = rgb[2];
      luma[y / 8 * 2 + x / 8][y % 8 * 8 + x % 8] = static_cast<int32_t>(grey_of(rgb));
      const int sample = y / 2 * 8 + x / 2;
      chroma[0][sample] += (-11059 * r - 21709 * g + 32768 * b + (128 << 16) + 32767) >> 16;
      chroma[1][sample] += (32768 * r - 27439 * g - 5329 * b + (128 << 16) + 32767) >> 16;
    }
  }
  for (int32_t* block : luma) lose_in_block(block, false, quality);
  for (int32_t* block : chroma) {
    for (int i = 0; i < kSize; ++i) block[i] = (block[i] + 2) >> 2;
    lose_in_block(block, true, quality);
  }
  const auto to_byte = [](int32_t level) { return static_cast<uint8_t>(level < 0 ? 0 : level > 255 ? 255 : level); };
  for (int y = 0; y < kJpegTile && top + y < height; ++y) {
    for (int x = 0; x < kJpegTile && left + x < width; ++x) {
      uint8_t* rgb = image + ((top + y) * width + left + x) * 3;
      const int32_t level = luma[y / 8 * 2 + x / 8][y % 8 * 8 + x % 8];
      const int32_t blue = chroma[0][y / 2 * 8 + x / 2] - 128, red = chroma[1][y / 2 * 8 + x / 2] - 128;
      rgb[0] = to_byte(level + ((91881 * red + 32768) >> 16));
      rgb[1] = to_byte(level - ((22554 * blue + 46802 * red + 32768) >> 16));
      rgb[2] = to_byte(level + ((116130 * blue + 32768) >> 16));
    }
  }
}

}  // namespace massface
