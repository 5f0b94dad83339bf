#pragma once

#include <cstdint>
#include <vector>

#include "pipeline/augment.h"

namespace massface {

// Sets the weights of a Gaussian blur of this standard deviation, in pixels and above 0; see
// Augmentation::blur_weights. What lies beyond kBlurRadius pixels is left out.
void set_gaussian_blur(Augmentation& augmentation, double sigma);

// The operations of augment() that mix a pixel with its neighbours, each in place; the arithmetic is that of
// pipeline/degrade_pixel.h and pipeline/jpeg_loss.h. scratch: working memory.
void blur(PixelView image, const Augmentation& augmentation, std::vector<uint8_t>& scratch);
void lower_resolution(PixelView image, float shrink, std::vector<uint8_t>& scratch);
void lose_by_jpeg(PixelView image, int32_t quality);

}  // namespace massface
