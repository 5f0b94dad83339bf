#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "align/dense_layer.h"
#include "kernels/image_convolution.h"

namespace massface {

// MTCNN's R-Net and O-Net: convolutions, some followed by max-pooling, a dense layer, and the heads as one more dense
// layer. One crop at a time goes through the convolutions, whose outputs stay in the cache.
class CropNetwork {
 public:
  struct Stage {
    std::unique_ptr<ImageConvolution> convolution;
    int64_t pool;  // the side of the max-pooling's windows; 0 if there is none
  };

  CropNetwork(int64_t side, std::vector<Stage> stages, DenseLayer dense, DenseLayer heads);

  int64_t side() const { return side_; }                       // of a crop, in pixels
  int64_t outputs() const { return heads_.weight.columns(); }  // of the heads

  // Returns the heads' outputs [count, outputs()] of crops [count, side, side, 3], which hold (x - 127.5) / 128 in RGB.
  // May be called from several threads.
  std::vector<float> run(const float* crops, int64_t count) const;

 private:
  // Writes the crop's features, the input of the dense layer. Memory: largest_ floats each.
  void convolve(const float* crop, float* memory, float* other, float* features) const;

  int64_t side_;
  std::vector<Stage> stages_;
  DenseLayer dense_, heads_;
  int64_t largest_ = 0;  // floats of the largest output of a convolution or a pooling
};

}  // namespace massface
