#include "benchmark/step.h"

#include <torch/torch.h>

#include "benchmark/noise_images.h"
#include "loss/softmax_loss.h"
#include "model/model.h"
#include "optimizer/optimizer.h"

namespace massface {

SpeedBenchmark benchmark_step(const SpeedOptions& options) {
  constexpr int64_t kIdentities = 1207;
  constexpr uint64_t kSeed = 1;
  const Model model =
      make_model({.name = options.backbone, .embedding_size = 0, .kernels = options.kernels}, {}, kSeed);
  model.network->train();
  SoftmaxClassifier classifier(kIdentities, model.backbone.embedding_size, kSeed);
  Optimizer::NamedParameters parameters;
  for (const auto& item : model.network->named_parameters()) parameters.emplace_back(item.key(), item.value());
  for (const auto& item : classifier.named_parameters("classifier")) parameters.emplace_back(item.key(), item.value());
  Optimizer optimizer({.name = "sgd"}, parameters);
  // So small that the network stays what it is: noise learnt by heart would make numbers denormal, which are slow.
  constexpr double kLearningRate = 1e-4;

  const Tensor images = noise_images(options.batch, model.input.height, model.input.width);
  const Tensor labels = torch::arange(options.batch).remainder(kIdentities);
  const double flops = 3 * flops_per_image(*model.network, model.input.height, model.input.width);
  return measure_speed(options, flops, [&] {
    optimizer.zero_grad();
    classifier.forward(forward(model, images), labels).loss.backward();
    optimizer.step(kLearningRate);
  });
}

}  // namespace massface
