#pragma once

#include <array>
#include <functional>
#include <memory>
#include <vector>

#include "backbone/conv_unit.h"
#include "backbone/layer_clock.h"
#include "core/tensor.h"
#include "kernels/values.h"

namespace massface {

// One layer of a network in which each layer reads the output of the one before.
struct NetworkLayer {
  ConvUnit* unit;
  // The index of the layer whose input is added to this layer's output, or -1.
  int64_t residual_from = -1;
};

class FusedPlan;

// Called with a parameter and its complete gradient, while the backward pass goes on.
using GradientReady = std::function<void(const Tensor& parameter, const Tensor& gradient)>;

// Returns how activations are stored in the current context: as bfloat16 under PyTorch's bf16 autocast on the CPU, else
// as float32.
Storage automatic_storage();

// The training pass of such a network with fused layers (kernels/fused_layer.h), forward and backward. Its memory is
// laid out once and reused by every step with images of the same shape. The layer-by-layer pass (ConvUnit) is its
// reference twin: gradients go to the same parameters, and the running statistics are updated in the same way.
class FusedNetwork {
 public:
  // Makes the pass for images of this size, [height, width]. The units must outlive it. A layer of a kind that has no
  // fused form is computed by PyTorch (backbone/reference_layer.h). Returns null if there are no layers, if a residual
  // begins at the images, or if a unit has a form that the kernels do not know: ReLU, or a bias before BatchNorm. With
  // ends_in_pixel also if more than one pixel of an image is left at the end, or if a residual ends at the last layer.
  static std::unique_ptr<FusedNetwork> of(const std::vector<NetworkLayer>& layers, std::array<int64_t, 2> image_size,
                                          bool ends_in_pixel = true);
  ~FusedNetwork();

  // Returns whether this pass can take the images: float32 [B > 1, 3, height, width], channels-last, on the CPU. Any B
  // will do if other processes have more of the batch.
  static bool takes(const Tensor& images, bool is_share = false);
  std::array<int64_t, 2> image_size() const;
  // Returns the multiply-adds, for one image, of the layers that are not computed by PyTorch.
  int64_t fused_multiply_adds() const;
  // Sets the memory budget of BackboneOptions, in bytes.
  void set_memory_budget(int64_t bytes);
  // Throws Error if the memory budget is too small for this batch.
  void require_memory(int64_t batch, Storage storage) const;
  // Makes every later pass add the times of its layers to the clock, until this is called with null.
  void time_layers(LayerClock* clock);
  // Lets every later backward pass announce the gradient of each parameter once it is complete, from the last layer to
  // the first; an empty function ends that.
  void announce_gradients(const GradientReady& ready);

  // images: as for takes(), of image_size(). Returns [B, channels of the last layer], or [B, channels, height, width]
  // in channels-last memory if more than one pixel is left, differentiable in the parameters (not in the images). The
  // batch's activations are kept until the backward pass, as float32 or, under bf16 autocast, as bfloat16; sums,
  // statistics and parameters are float32 in both cases.
  Tensor forward(const Tensor& images);

 private:
  explicit FusedNetwork(std::shared_ptr<FusedPlan> plan);
  std::shared_ptr<FusedPlan> plan_;
};

}  // namespace massface
