#pragma once

#include <array>
#include <memory>
#include <vector>

#include "backbone/conv_unit.h"
#include "backbone/layer_clock.h"
#include "core/tensor.h"
#include "kernels/values.h"

namespace massface {

// One layer of a network whose layers follow each other.
struct NetworkLayer {
  ConvUnit* unit;
  // The layer whose input is added to this layer's output, or -1.
  int64_t residual_from = -1;
};

class FusedPlan;

// How activations are stored here and now: as bfloat16 under PyTorch's automatic bf16 on the CPU, else as float32.
Storage automatic_storage();

// The training pass of such a network with fused layers (kernels/fused_layer.h), forward and backward, in memory that
// is laid out once and used again by every step with images of the same shape. The layer-by-layer pass (ConvUnit) is
// its reference twin; gradients go to the same parameters and the running statistics follow in the same way.
class FusedNetwork {
 public:
  // For images of this size, [height, width]. The units must outlive it. A layer of a kind that has no fused form is
  // computed by PyTorch (backbone/reference_layer.h). Null when more than one pixel of an image is left at the end.
  static std::unique_ptr<FusedNetwork> of(const std::vector<NetworkLayer>& layers, std::array<int64_t, 2> image_size);
  ~FusedNetwork();

  // Whether these images are such as it is made for: float32 [B > 1, 3, height, width], channels-last, on the CPU.
  static bool takes(const Tensor& images);
  std::array<int64_t, 2> image_size() const;
  // See BackboneOptions; bytes.
  void set_memory_budget(int64_t bytes);
  void require_memory(int64_t batch, Storage storage) const;
  // Every later pass adds the times of its layers, until null is given.
  void time_layers(LayerClock* clock);

  // images: as takes() says, of image_size(). Returns [B, channels of the last layer], differentiable in the parameters
  // (not in the images). The batch's activations live from here to the backward pass: as float32, or under automatic
  // bf16 as bfloat16, with sums, statistics and parameters in float32 all the same.
  Tensor forward(const Tensor& images);

 private:
  explicit FusedNetwork(std::shared_ptr<FusedPlan> plan);
  std::shared_ptr<FusedPlan> plan_;
};

}  // namespace massface
