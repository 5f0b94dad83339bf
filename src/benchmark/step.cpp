#include "benchmark/step.h"

#include <torch/torch.h>

#include "benchmark/noise_images.h"
#include "loss/softmax_loss.h"
#include "model/model.h"

namespace massface {

SpeedBenchmark benchmark_step(const SpeedOptions& options) {
  constexpr int64_t kIdentities = 1207;
  constexpr uint64_t kSeed = 1;
  const Model model = make_model({.name = options.backbone}, {}, kSeed);
  model.network->train();
  SoftmaxClassifier classifier(kIdentities, model.backbone.embedding_size, kSeed);
  std::vector<Tensor> parameters = model.network->parameters();
  for (const Tensor& parameter : classifier.parameters()) parameters.push_back(parameter);
  // A small rate: after many steps on the same noise the numbers must not have become denormal or infinite.
  torch::optim::SGD optimizer(parameters, torch::optim::SGDOptions(1e-4).momentum(0.9));

  const Tensor images = noise_images(options.batch, model.input.height, model.input.width);
  const Tensor labels = torch::arange(options.batch).remainder(kIdentities);
  const double flops = 3 * flops_per_image(*model.network, model.input.height, model.input.width);
  return measure_speed(options, flops, [&] {
    optimizer.zero_grad();
    classifier.forward(forward(model, images), labels).loss.backward();
    optimizer.step();
  });
}

}  // namespace massface
