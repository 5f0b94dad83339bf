#pragma once

#include <cstdint>
#include <vector>

#include "core/random.h"
#include "pipeline/augmentation.h"
#include "pipeline/pipeline_options.h"

namespace massface {

// A view of one image: RGB bytes in HWC order, in memory that is owned elsewhere.
struct PixelView {
  uint8_t* rgb;
  int64_t height;
  int64_t width;
};

// Draws the augmentation of one image. It draws the same random numbers whatever options are on, so that turning one on
// does not change the results of the others.
Augmentation draw_augmentation(const PipelineOptions& options, Random random);

// Augments the image in place. scratch: working memory, which may be reused between images.
void augment(PixelView image, const Augmentation& augmentation, std::vector<uint8_t>& scratch);

// The operations of augment(), each in place.
void flip_left_right(PixelView image);
// Replaces pixel (y, x) by pixel (y + shift_y, x + shift_x), or by the nearest one inside the image.
void shift_with_repeated_edge(PixelView image, int64_t shift_y, int64_t shift_x, std::vector<uint8_t>& scratch);
// The arithmetic is that of pipeline/augment_pixel.h.
void adjust_brightness(PixelView image, float factor);
void adjust_contrast(PixelView image, float factor);
void adjust_saturation(PixelView image, float factor);
void make_grey(PixelView image);
// See Augmentation. "Random Erasing Data Augmentation", arXiv:1708.04896, with one random colour.
void erase(PixelView image, const Augmentation& augmentation);

}  // namespace massface
