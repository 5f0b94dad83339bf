#pragma once

#include <cstdint>
#include <vector>

#include "core/random.h"
#include "pipeline/augmentation.h"
#include "pipeline/pipeline_options.h"

namespace massface {

// Rows of RGB bytes (HWC) in memory that someone else owns: one image of a batch.
struct PixelView {
  uint8_t* rgb;
  int64_t height;
  int64_t width;
};

// Draws the same numbers whichever options are on, so that turning one on leaves the others' results alone.
Augmentation draw_augmentation(const PipelineOptions& options, Random random);

// scratch: working memory that may be kept between images.
void augment(PixelView image, const Augmentation& augmentation, std::vector<uint8_t>& scratch);

// The steps of augment(), each in place.
void flip_left_right(PixelView image);
// Pixel (y, x) becomes pixel (y + shift_y, x + shift_x), or the nearest one that exists.
void shift_with_repeated_edge(PixelView image, int64_t shift_y, int64_t shift_x, std::vector<uint8_t>& scratch);
// By the arithmetic of pipeline/augment_pixel.h.
void adjust_brightness(PixelView image, float factor);
void adjust_contrast(PixelView image, float factor);
void adjust_saturation(PixelView image, float factor);

}  // namespace massface
