#pragma once

#include <array>
#include <string>
#include <vector>

#include "backbone/fused_network.h"

namespace massface {

// Floating-point operations and bytes to or from memory.
struct Work {
  double flops = 0;
  double bytes = 0;
};

// The work of one layer for a batch, which depends on its shape alone.
struct LayerWork {
  // "stem", "pointwise", "depthwise", "global_depthwise", "convolution" (any other), or "embedding": what makes or
  // reads a single pixel.
  std::string kind;
  std::array<int64_t, 2> input_size;  // [height, width]
  Work forward, backward;
};

// FLOPs are those of the convolution: two per multiply-add; the backward pass counts the gradient of the weights and
// that of the input (which the stem's images do not need). Bytes are the least that a layer fused with its BatchNorm
// and PReLU (kernels/fused_layer.h) reads and writes if nothing of a layer is left in a cache for the next:
//   forward    its input's x, perhaps a residual; its own x, perhaps the value that a residual needs again; the weights
//   backward   x and g of its output; x of its input, and the value if it was kept; g of its input, which is also read
//              if a residual's gradient is already there; the weights, and their gradient
// Activations are float32, `batch` images of image_size [height, width]. Each layer reads the output of the one before.
std::vector<LayerWork> work_of_layers(const std::vector<NetworkLayer>& layers, std::array<int64_t, 2> image_size,
                                      int64_t batch);

}  // namespace massface
