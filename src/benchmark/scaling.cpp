#include "benchmark/scaling.h"

#include <torch/torch.h>

#include <fstream>
#include <vector>

#include "benchmark/median.h"
#include "benchmark/noise_images.h"
#include "benchmark/step_settings.h"
#include "core/error.h"
#include "core/stopwatch.h"
#include "distributed/shares.h"
#include "kernels/device.h"
#include "kernels/precision.h"
#include "objective/triplet_objective.h"
#include "train/training_step.h"

namespace massface {
namespace {

// What this process has written to files, pipes and sockets.
int64_t bytes_written() {
  std::ifstream counters("/proc/self/io");
  std::string name;
  for (int64_t value = 0; counters >> name >> value;) {
    if (name == "wchar:") return value;
  }
  return 0;
}

double least_bytes(const Model& model, int64_t images, int64_t processes) {
  double numbers = 0;
  for (const Tensor& parameter : model.network->parameters()) numbers += static_cast<double>(parameter.numel());
  const double of_others = static_cast<double>(processes - 1) / static_cast<double>(processes);
  const auto embeddings = static_cast<double>(images * model.backbone.embedding_size);
  return sizeof(float) * of_others * (2 * numbers + 2 * embeddings);
}

}  // namespace

void ScalingOptions::describe(OptionTable& table) {
  table.add_choice("backbone", backbone, backbone_names(), "The network to train.");
  table.add_choice("batch_norm", batch_norm, batch_norm_names(), "What BatchNorm does; see the option of a phase.");
  table.add_choice("precision", precision, precision_names(), "Precision of the layers.");
  table.add("identities", identities, {.min = 2, .max = 100000}, "Number of identities in each global batch.");
  table.add("images_per_identity", images_per_identity, {.min = 2, .max = 256},
            "Number of images of each identity in a batch.");
  table.add("seconds", seconds, {0, 3600}, "Duration of each measurement, in seconds.");
}

ScalingBenchmark benchmark_scaling(const ScalingOptions& options, const std::shared_ptr<Processes>& processes) {
  constexpr int64_t kWarmUp = 3, kAtLeast = 5;
  const int64_t threads = set_compute_threads(0);
  const int64_t images = options.identities * options.images_per_identity;
  require(images % processes->size() == 0, "{} x {} images cannot be divided equally among {} processes",
          options.identities, options.images_per_identity, processes->size());
  const Model model = make_model({.name = options.backbone}, {}, kMeasuredSeed);
  model.network->set_batch_norm(parse_batch_norm(options.batch_norm), processes);
  model.network->train();
  TripletObjective objective({.identities = options.identities, .images_per_identity = options.images_per_identity}, {},
                             {}, kMeasuredSeed);
  Optimizer::NamedParameters parameters;
  for (const auto& item : model.network->named_parameters()) parameters.emplace_back(item.key(), item.value());
  Optimizer optimizer({.name = "sgd"}, parameters);
  TrainingStep step(model, objective, optimizer,
                    {.bf16 = trains_in_bf16(options.precision, at::kCPU), .processes = processes});
  const Share share = share_of(images, *processes);
  const StepRequest request{
      .images = noise_images(images, model.input.height, model.input.width).slice(0, share.begin, share.end),
      .labels = torch::arange(options.identities).repeat_interleave(options.images_per_identity),
      .learning_rate = kMeasuredLearningRate};

  for (int64_t i = 0; i < kWarmUp; ++i) step.take(request);
  const Traffic before = processes->traffic();
  const int64_t written_before = bytes_written();
  std::vector<double> seconds;
  const Stopwatch watch;
  // The first process decides, so that all take the same number of steps.
  while (processes->from_first(std::ssize(seconds) < kAtLeast || watch.seconds() < options.seconds ? "on" : "") ==
         "on") {
    const Stopwatch of_step;
    step.take(request);
    seconds.push_back(of_step.seconds());
  }
  const Traffic after = processes->traffic();
  const auto steps = static_cast<double>(seconds.size());
  ScalingBenchmark result{.processes = processes->size(), .threads = threads, .images = images};
  result.repeats = std::ssize(seconds);
  result.milliseconds = 1e3 * median(seconds);
  result.images_per_second = static_cast<double>(images) / median(seconds);
  result.waited_milliseconds = 1e3 * (after.seconds_waited - before.seconds_waited) / steps;
  result.messages = static_cast<double>(after.messages - before.messages) / steps;
  result.tensor_bytes = static_cast<double>(after.bytes - before.bytes) / steps;
  result.sent_bytes = static_cast<double>(bytes_written() - written_before) / steps;
  result.least_bytes = least_bytes(model, images, processes->size());
  return result;
}

}  // namespace massface
