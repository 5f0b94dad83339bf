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

// What one layer has to do for a batch, by its shape alone.
struct LayerWork {
  std::string kind;  // "stem", "pointwise", "depthwise", "global_depthwise", or "embedding": behind that
  std::array<int64_t, 2> input_size;  // [height, width]
  Work forward, backward;
};

// FLOPs are those of the convolution: two for a multiply-add, backward once for the gradient of the weights and once
// for that of the input (which the stem's images do not need). Bytes are what a layer fused with its BatchNorm and
// PReLU (kernels/fused_layer.h) reads and writes at least, when nothing of a layer is left in a cache for the next:
//   forward    its input's x, perhaps a residual; its own x, perhaps the value that a residual needs again; the weights
//   backward   x and g of its output; x of its input, and the value where it was kept; g of its input, which is also
//              read where a residual's gradient is there already; the weights, and their gradient
// Activations are float32, `batch` images of image_size [height, width]. The layers follow each other.
std::vector<LayerWork> work_of_layers(const std::vector<NetworkLayer>& layers, std::array<int64_t, 2> image_size,
                                      int64_t batch);

}  // namespace massface
