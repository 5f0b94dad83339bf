#pragma once

#include "core/tensor.h"

namespace massface {

// Converts image bytes to the input of the network: (x - mean) / scale, in RGB or BGR order.
// images: uint8 [B, H, W, 3], contiguous. Returns float32 [B, 3, H, W] in channels-last memory, on the same device.
Tensor normalize_images(const Tensor& images, double mean, double scale, bool bgr);

// The readable twin, made of ATen operations.
Tensor normalize_images_reference(const Tensor& images, double mean, double scale, bool bgr);

}  // namespace massface
