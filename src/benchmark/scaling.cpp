#include "benchmark/scaling.h"

#include <torch/torch.h>

#include <algorithm>
#include <fstream>
#include <optional>
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

// The network and what is trained with it: noise, by batch-hardest triplets.
class MeasuredShare {
 public:
  MeasuredShare(const ScalingOptions& options, const std::shared_ptr<Processes>& processes, int64_t identities)
      : model_(make_model({.name = options.backbone}, {}, kMeasuredSeed)),
        objective_({.identities = identities, .images_per_identity = options.images_per_identity}, {}, {},
                   model_.backbone.embedding_size, kMeasuredSeed) {
    model_.network->set_batch_norm(parse_batch_norm(options.batch_norm), processes);
    model_.network->train();
    Optimizer::NamedParameters parameters;
    for (const auto& item : model_.network->named_parameters()) parameters.emplace_back(item.key(), item.value());
    optimizer_.emplace(OptimizerOptions{.name = "sgd"}, parameters);
    step_.emplace(model_, objective_, *optimizer_,
                  TrainingStepOptions{.bf16 = trains_in_bf16(options.precision, at::kCPU), .processes = processes});
    const int64_t images = identities * options.images_per_identity;
    const Share share = share_of(images, *processes);
    request_ = {
        .images = noise_images(images, model_.input.height, model_.input.width).slice(0, share.begin, share.end),
        .labels = torch::arange(identities).repeat_interleave(options.images_per_identity),
        .learning_rate = kMeasuredLearningRate};
  }

  double take_step() {
    const Stopwatch watch;
    step_->take(request_);
    return watch.seconds();
  }
  const Model& model() const { return model_; }

 private:
  Model model_;
  TripletObjective objective_;
  std::optional<Optimizer> optimizer_;
  std::optional<TrainingStep> step_;
  StepRequest request_;
};

constexpr int64_t kWarmUp = 3, kAtLeast = 5;

// Takes steps for the time that the first process decides, so that all take the same number.
std::vector<double> take_steps(MeasuredShare& share, Processes& processes, double seconds) {
  std::vector<double> taken;
  const Stopwatch watch;
  const auto goes_on = [&] {
    return processes.from_first(std::ssize(taken) < kAtLeast || watch.seconds() < seconds ? "on" : "") == "on";
  };
  while (goes_on()) taken.push_back(share.take_step());
  return taken;
}

// Each process takes the steps of its share at the same time as the others, without a word between them.
StepTimeline measure_alone(const ScalingOptions& options, Processes& processes) {
  ScalingOptions own = options;
  if (own.batch_norm == "synchronised") own.batch_norm = "batch";
  MeasuredShare share(own, single_process(), options.identities / processes.size());
  StepTimeline timeline;
  Stopwatch since_start;
  share.model().network->announce_gradients([&](const Tensor&, const Tensor& gradient) {
    timeline.gradients.push_back({since_start.seconds(), static_cast<double>(gradient.nbytes())});
  });
  for (int64_t i = 0; i < kWarmUp; ++i) share.take_step();
  std::vector<double> seconds;
  for (int64_t i = 0; i < kAtLeast; ++i) {
    timeline.gradients.clear();
    since_start = Stopwatch();
    seconds.push_back(share.take_step());
  }
  share.model().network->announce_gradients({});
  timeline.seconds = median(seconds);
  timeline.backward_end = timeline.gradients.empty() ? timeline.seconds : timeline.gradients.back().seconds;
  timeline.embedding_bytes = static_cast<double>(options.identities * options.images_per_identity / processes.size() *
                                                 share.model().backbone.embedding_size * int64_t{sizeof(float)});
  if (options.batch_norm == "synchronised") {
    const auto statistics = share.model().network->buffers();  // a mean and a variance for each layer
    for (const Tensor& tensor : statistics) timeline.bytes_of_layer += 8 * static_cast<double>(tensor.numel());
    timeline.layers_in_common = std::ssize(statistics) / 2;
    timeline.bytes_of_layer /= static_cast<double>(timeline.layers_in_common);
  }
  return timeline;
}

// From the time of small sums and of large ones, as the model takes them.
Link measure_link(Processes& processes) {
  constexpr int64_t kLarge = 1 << 20;  // numbers: 4 MB
  const auto seconds_of = [&](int64_t numbers, int64_t repeats) {
    const Tensor tensor = torch::zeros({numbers});
    std::vector<double> seconds;
    for (int64_t i = 0; i < repeats; ++i) {
      const Stopwatch watch;
      processes.sum(tensor);
      seconds.push_back(watch.seconds());
    }
    return median(seconds);
  };
  seconds_of(1, 20);
  const double small = seconds_of(1, 200), large = seconds_of(kLarge, 9);
  const auto all = static_cast<double>(processes.size());
  return {.bytes_per_second = 2 * (all - 1) / all * sizeof(float) * kLarge / std::max(large - small, 1e-9),
          .message_seconds = small / (2 * (all - 1))};
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

StepTimeline timeline_of(const ScalingOptions& options, double step_seconds) {
  set_compute_threads(0);
  StepTimeline timeline = measure_alone(options, *single_process());
  const double stretch = step_seconds / timeline.seconds;
  timeline.seconds = step_seconds;
  timeline.backward_end *= stretch;
  for (StepTimeline::Ready& ready : timeline.gradients) ready.seconds *= stretch;
  return timeline;
}

ScalingBenchmark benchmark_scaling(const ScalingOptions& options, const std::shared_ptr<Processes>& processes) {
  const int64_t threads = set_compute_threads(0), size = processes->size();
  require(options.identities % size == 0, "{} identities cannot be divided equally among {} processes",
          options.identities, size);
  const int64_t images = options.identities * options.images_per_identity;
  MeasuredShare share(options, processes, options.identities);
  for (int64_t i = 0; i < kWarmUp; ++i) share.take_step();
  const Traffic before = processes->traffic();
  const int64_t written_before = bytes_written();
  const std::vector<double> seconds = take_steps(share, *processes, options.seconds);
  const Traffic after = processes->traffic();
  const auto steps = static_cast<double>(seconds.size());
  ScalingBenchmark result{.processes = size, .threads = threads, .images = images};
  result.repeats = std::ssize(seconds);
  result.milliseconds = 1e3 * median(seconds);
  result.images_per_second = static_cast<double>(images) / median(seconds);
  result.waited_milliseconds = 1e3 * (after.seconds_waited - before.seconds_waited) / steps;
  result.messages = static_cast<double>(after.messages - before.messages) / steps;
  result.tensor_bytes = static_cast<double>(after.bytes - before.bytes) / steps;
  result.sent_bytes = static_cast<double>(bytes_written() - written_before) / steps;
  result.least_bytes = least_bytes(share.model(), images, size);
  if (size == 1) return result;
  result.link = measure_link(*processes);
  processes->exchange("");  // all begin together
  result.alone = measure_alone(options, *processes);
  result.forecast_milliseconds =
      1e3 * forecast_step(result.alone, result.link, size, GradientBuckets::kBucketBytes).seconds;
  return result;
}

}  // namespace massface
