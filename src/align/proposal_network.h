#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>

#include "align/dense_layer.h"
#include "image/geometry.h"
#include "kernels/image_convolution.h"

namespace massface {

// MTCNN's P-Net: three convolutions, the first followed by max-pooling, and the heads, applied to every window of
// 12 x 12 pixels of an image, two pixels apart. The image is computed in blocks of windows, so that memory does not
// depend on its size; the pixels between two blocks are computed twice.
class ProposalNetwork {
 public:
  static constexpr int64_t kWindow = 12, kStride = 2;
  static constexpr int64_t kOutputs = 6;  // logits of no face and face; movements of left, top, right, bottom

  ProposalNetwork(std::array<std::unique_ptr<ImageConvolution>, 3> convolutions, DenseLayer heads);

  // The number of windows along a side of `size` >= kWindow pixels.
  static int64_t windows(int64_t size) { return pooled_size(size - 2, 2) - 4; }

  // Writes the pixels of a box of the image: [box.height(), box.width(), 3], (x - 127.5) / 128 in RGB.
  using ReadPixels = std::function<void(const PixelBox& box, float* out)>;
  // Takes the outputs [count, kOutputs] of the windows (x, y), (x + 1, y), ...
  using UseWindows = std::function<void(int64_t x, int64_t y, int64_t count, const float* outputs)>;

  // Computes all windows of an image of at least kWindow x kWindow pixels: block by block, and within a block row by
  // row. May be called from several threads.
  void run(int64_t height, int64_t width, const ReadPixels& read, const UseWindows& use) const;

  // The most memory that run() takes on one thread, whatever the image, in bytes.
  static int64_t memory();

 private:
  std::array<std::unique_ptr<ImageConvolution>, 3> convolutions_;
  DenseLayer heads_;
};

}  // namespace massface
