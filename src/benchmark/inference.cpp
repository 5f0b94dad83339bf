#include "benchmark/inference.h"

#include <torch/torch.h>

#include "benchmark/noise_images.h"
#include "core/error.h"
#include "model/embedder.h"

namespace massface {

SpeedBenchmark benchmark_inference(const SpeedOptions& options) {
  require(options.memory_budget == 0, "benchmark inference keeps no activations; leave out --memory-budget.");
  const Model model =
      make_model({.name = options.backbone, .embedding_size = 0, .kernels = options.kernels}, {}, /*seed=*/1);
  const Embedder embedder(model, options.precision == "bf16");
  const Tensor images = noise_images(options.batch, model.input.height, model.input.width);
  return measure_speed(options, embedder.flops_per_image(),
                       [&] { embedder.embed(images, Flip::kNone, options.batch); });
}

}  // namespace massface
