#include "benchmark/gpu_step.h"

#include <torch/torch.h>

#include <algorithm>
#include <vector>

#include "backbone/backbone.h"
#include "benchmark/median.h"
#include "benchmark/noise_images.h"
#include "benchmark/step_settings.h"
#include "core/memory.h"
#include "core/stopwatch.h"
#include "kernels/cuda_hooks.h"
#include "kernels/device.h"
#include "kernels/device_graph.h"
#include "kernels/device_timer.h"
#include "loss/fused_triplet_loss.h"
#include "objective/triplet_objective.h"
#include "pipeline/augment.h"
#include "pipeline/augment_images.h"
#include "train/training_step.h"

namespace massface {
namespace {

Model model_on(at::Device device, const std::string& backbone) {
  Model model = make_model({.name = backbone}, {}, kMeasuredSeed);
  model.network->to(device);
  model.network->train();
  return model;
}

Optimizer::NamedParameters parameters_of(const Model& model) {
  Optimizer::NamedParameters parameters;
  for (const auto& item : model.network->named_parameters()) parameters.emplace_back(item.key(), item.value());
  return parameters;
}

// Noise images in the device's memory; batch() augments some of them with a recipe's default options.
class StoredNoise {
 public:
  StoredNoise(at::Device device, int64_t count, const InputFormat& input)
      : images_(noise_images(count, input.height, input.width).to(device)) {}

  Tensor batch(int64_t step, int64_t size) const {
    std::vector<ImageIndex> chosen;
    std::vector<Augmentation> augmentations;
    for (int64_t i = 0; i < size; ++i) {
      chosen.push_back((step * size + i) % images_.size(0));
      augmentations.push_back(draw_augmentation(
          {}, Random(kMeasuredSeed, RandomStream::kAugment, static_cast<uint64_t>(step), static_cast<uint32_t>(i))));
    }
    return augment_images(images_, chosen, augmentations);
  }

 private:
  Tensor images_;
};

// The time of selection, loss and gradient. They are recorded once and replayed, so that a GPU does not wait for kernel
// launches.
double mining_milliseconds(at::Device device, const GpuStepOptions& options, const Tensor& labels, int64_t dimensions) {
  constexpr int kRepeats = 100;
  const Tensor noise = torch::randn({labels.size(0), dimensions}, device);
  const Tensor unit = (noise / noise.norm(2, 1, true)).requires_grad_(true);
  const auto work = [&] {
    unit.mutable_grad().reset();
    fused_triplet_loss(unit, labels, parse_strategy(options.strategy), {.margin = static_cast<float>(options.margin)},
                       {.margin = options.margin})
        .loss.backward();
  };
  for (int i = 0; i < 3; ++i) work();
  const auto graph = make_device_graph(device);
  graph->capture(work);
  graph->replay();
  const int repeats = device.is_cuda() ? kRepeats : 3;
  return device_milliseconds(device,
                             [&] {
                               for (int i = 0; i < repeats; ++i) graph->replay();
                             }) /
         repeats;
}

}  // namespace

void GpuStepOptions::describe(OptionTable& table) {
  table.add("device", device, "auto (a GPU if one is available), cpu, or cuda:N.");
  table.add_choice("precision", precision, {"bf16", "fp32"}, "Arithmetic of the convolutions.");
  table.add_choice("cuda_graphs", cuda_graphs, {"on", "off"},
                   "Whether to record the step as a CUDA graph and launch it as a whole.");
  table.add_choice("backbone", backbone, backbone_names(), "The network to train.");
  table.add("identities", identities, {.min = 2, .max = 4096}, "Number of identities in each batch.");
  table.add("images_per_identity", images_per_identity, {.min = 2, .max = 256},
            "Number of images of each identity in a batch.");
  table.add_choice("strategy", strategy, strategy_names(), "How triplets are selected (docs/mining.md).");
  table.add("margin", margin, {.min = 0, .max = 4}, "Margin of the triplet loss.");
  table.add("stored_images", stored_images, {.min = 1, .max = 1e7},
            "Number of decoded images in the device's memory, from which batches are taken (37,632 bytes each).");
  table.add("seconds", seconds, {.min = 0, .max = 3600}, "Duration of the measurement, in seconds.");
}

GpuStepBenchmark benchmark_gpu_step(const GpuStepOptions& options) {
  constexpr int64_t kWarmUp = 10;  // the step is recorded during the warm-up
  constexpr int64_t kMinRepeats = 3;
  const at::Device device = resolve_device(options.device);
  use_deterministic_kernels();
  const Model model = model_on(device, options.backbone);
  TripletObjective objective({.identities = options.identities, .images_per_identity = options.images_per_identity},
                             {.strategy = options.strategy}, {.margin = options.margin}, model.backbone.embedding_size,
                             kMeasuredSeed);
  Optimizer optimizer({.name = "sgd"}, parameters_of(model));
  TrainingStep step(model, objective, optimizer,
                    {.bf16 = options.precision == "bf16", .graph = options.cuda_graphs == "on"});

  GpuStepBenchmark result{.device = kernel_path(device)};
  result.images = options.identities * options.images_per_identity;
  const Tensor labels = torch::arange(options.identities).repeat_interleave(options.images_per_identity).to(device);
  const StoredNoise stored(device, options.stored_images, model.input);
  std::vector<double> seconds;
  double total = 0;
  const int64_t warm_up = device.is_cuda() ? kWarmUp : 1;
  for (int64_t i = 0; i < warm_up + kMinRepeats || total < options.seconds; ++i) {
    const Stopwatch watch;
    const StepResult taken = step.take({.images = stored.batch(i, result.images),
                                        .labels = labels,
                                        .step = i,
                                        .learning_rate = kMeasuredLearningRate});
    result.loss = taken.loss;
    if (i < warm_up) continue;
    seconds.push_back(watch.seconds());
    total += seconds.back();
  }
  result.repeats = static_cast<int64_t>(seconds.size());
  result.milliseconds = 1e3 * median(seconds);
  result.images_per_second = 1e3 * static_cast<double>(result.images) / result.milliseconds;
  result.augmentation_milliseconds = device_milliseconds(device, [&] { stored.batch(0, result.images); });
  result.mining_milliseconds = mining_milliseconds(device, options, labels, model.network->embedding_size());
  result.peak_memory_bytes = device.is_cuda() ? cuda_hooks::peak_memory_bytes(device.index()) : peak_memory_bytes();
  return result;
}

}  // namespace massface
