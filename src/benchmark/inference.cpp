#include "benchmark/inference.h"

#include <torch/torch.h>

#include "benchmark/noise_images.h"
#include "core/error.h"
#include "kernels/precision.h"
#include "model/embedder.h"

namespace massface {

SpeedBenchmark benchmark_inference(const SpeedOptions& options) {
  require(options.memory_budget == 0, "benchmark inference keeps no activations; leave out --memory-budget.");
  const Model model =
      make_model({.name = options.backbone, .embedding_size = 0, .kernels = options.kernels}, {}, /*seed=*/1);
  const bool bf16 = infers_in_bf16(options.precision, at::kCPU, options.kernels);
  const Embedder embedder(model, bf16);
  const Tensor images = noise_images(options.batch, model.input.height, model.input.width);
  SpeedBenchmark result =
      measure_speed(options, embedder.flops_per_image(), [&] { embedder.embed(images, Flip::kNone, options.batch); });
  result.precision = describe_precision(bf16, at::kCPU, options.kernels);
  return result;
}

}  // namespace massface
