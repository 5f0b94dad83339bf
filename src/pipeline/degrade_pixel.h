#pragma once

#include <cstdint>

#include "pipeline/augment_pixel.h"

// The arithmetic of the augmentations that mix a pixel with its neighbours: blur and low resolution. All of it is
// integer arithmetic, so that every device computes the same bytes. Also compiled by nvcc (C++17).
namespace massface {

MASSFACE_HOST_DEVICE inline bool is_blurred(const Augmentation& a) { return a.blur_weights[0] != 0; }

// Returns one side of the reduced image; at least 1, and `size` where nothing is reduced.
MASSFACE_HOST_DEVICE inline int64_t shrunk_size(int64_t size, float shrink) {
  const auto reduced = static_cast<int64_t>(static_cast<float>(size) / shrink);
  return reduced < 1 ? 1 : reduced;
}

// Returns whether an operation of this file or of pipeline/jpeg_loss.h changes an image.
MASSFACE_HOST_DEVICE inline bool is_degraded(const Augmentation& a) {
  return is_blurred(a) || a.shrink > 1 || a.jpeg_quality != 0;
}

// The pixels of a row or of a column of an image: `size` of them, each `stride` bytes behind the one before.
struct PixelLine {
  const uint8_t* first;
  int64_t size;
  int64_t stride;
};

// Computes a line's pixel at `place` after a blur along the line; the line's end pixels are repeated.
MASSFACE_HOST_DEVICE inline void blurred_pixel(const PixelLine& line, int64_t place, const Augmentation& a,
                                               uint8_t* rgb) {
  for (int c = 0; c < 3; ++c) {
    int64_t sum = int64_t{a.blur_weights[0]} * line.first[place * line.stride + c];
    for (int64_t away = 1; away <= kBlurRadius; ++away) {
      const int64_t before = nearest_place(place - away, line.size), after = nearest_place(place + away, line.size);
      sum +=
          int64_t{a.blur_weights[away]} * (line.first[before * line.stride + c] + line.first[after * line.stride + c]);
    }
    rgb[c] = static_cast<uint8_t>((sum + (1 << 15)) >> 16);
  }
}

// Computes pixel (y, x) of an image reduced to [small_height, small_width]: the mean of the pixels that it covers, at
// least in part.
MASSFACE_HOST_DEVICE inline void reduced_pixel(const uint8_t* image, int64_t height, int64_t width,
                                               int64_t small_height, int64_t small_width, int64_t y, int64_t x,
                                               uint8_t* rgb) {
  const int64_t top = y * height / small_height, left = x * width / small_width;
  const int64_t bottom = ((y + 1) * height + small_height - 1) / small_height;
  const int64_t right = ((x + 1) * width + small_width - 1) / small_width;
  const int64_t pixels = (bottom - top) * (right - left);
  for (int c = 0; c < 3; ++c) {
    int64_t sum = 0;
    for (int64_t row = top; row < bottom; ++row) {
      for (int64_t column = left; column < right; ++column) sum += image[(row * width + column) * 3 + c];
    }
    rgb[c] = static_cast<uint8_t>((sum + pixels / 2) / pixels);
  }
}

// Where pixel `place` of `size` lies between two pixels of `small`, pixel centres on pixel centres.
struct PlaceBetween {
  int64_t low, high;  // pixels; equal at the edges
  int64_t weight;     // of high, in units of 2^-8; that of low is 2^8 - weight
};

MASSFACE_HOST_DEVICE inline PlaceBetween place_between(int64_t place, int64_t size, int64_t small) {
  // (place + 1/2) small / size - 1/2, in units of 2^-8.
  const int64_t scaled = ((2 * place + 1) * small * 128) / size - 128;
  const int64_t within = scaled < 0 ? 0 : scaled;
  const int64_t low = within >> 8;
  return {nearest_place(low, small), nearest_place(low + 1, small), within & 255};
}

// Computes pixel (y, x) of [height, width] from an image of [small_height, small_width], bilinearly.
MASSFACE_HOST_DEVICE inline void enlarged_pixel(const uint8_t* small, int64_t small_height, int64_t small_width,
                                                int64_t height, int64_t width, int64_t y, int64_t x, uint8_t* rgb) {
  const PlaceBetween row = place_between(y, height, small_height), column = place_between(x, width, small_width);
  for (int c = 0; c < 3; ++c) {
    const auto level = [&](int64_t r, int64_t k) { return int64_t{small[(r * small_width + k) * 3 + c]}; };
    const int64_t upper =
        level(row.low, column.low) * (256 - column.weight) + level(row.low, column.high) * column.weight;
    const int64_t lower =
        level(row.high, column.low) * (256 - column.weight) + level(row.high, column.high) * column.weight;
    rgb[c] = static_cast<uint8_t>((upper * (256 - row.weight) + lower * row.weight + (1 << 15)) >> 16);
  }
}

}  // namespace massface
