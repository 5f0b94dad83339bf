#include "benchmark/step_profile.h"

#include <algorithm>
#include <map>

#include "benchmark/measured_step.h"
#include "core/error.h"
#include "core/stopwatch.h"
#include "kernels/memory_bandwidth.h"

namespace massface {
namespace {

// The times of one step.
struct StepTimes {
  double seconds = 0;
  std::map<StepPart, double> parts;
  std::vector<LayerClock::Times> layers;
};

// Runs steps and records the times of each.
class StepWatch {
 public:
  explicit StepWatch(MeasuredStep& step) : step_(step) { step.model().network->time_layers(&clock_); }
  ~StepWatch() { step_.model().network->time_layers(nullptr); }
  StepWatch(const StepWatch&) = delete;
  StepWatch& operator=(const StepWatch&) = delete;

  void run() {
    clock_.clear();
    StepTimes times;
    const Stopwatch watch;
    step_.run([&](StepPart part) {
      const double now = watch.seconds();
      times.parts[part] += now - times.seconds;
      times.seconds = now;
    });
    times.layers = clock_.layers();
    steps_.push_back(std::move(times));
  }

  // The times of the last `count` steps.
  std::vector<StepTimes> last(int64_t count) const { return {steps_.end() - count, steps_.end()}; }

 private:
  MeasuredStep& step_;
  LayerClock clock_;
  std::vector<StepTimes> steps_;
};

// Drops the fastest and the slowest quarter of the steps, which other work on the machine distorts.
std::vector<StepTimes> middle_half(std::vector<StepTimes> steps) {
  std::ranges::sort(steps, {}, &StepTimes::seconds);
  const auto quarter = static_cast<std::ptrdiff_t>(steps.size() / 4);
  return {steps.begin() + quarter, steps.end() - quarter};
}

StepTimes mean_of(const std::vector<StepTimes>& steps) {
  StepTimes mean;
  mean.layers.resize(steps.front().layers.size());
  const auto n = static_cast<double>(steps.size());
  for (const StepTimes& step : steps) {
    mean.seconds += step.seconds / n;
    for (const auto& [part, seconds] : step.parts) mean.parts[part] += seconds / n;
    for (size_t layer = 0; layer < mean.layers.size(); ++layer) {
      mean.layers[layer].forward_seconds += step.layers[layer].forward_seconds / n;
      mean.layers[layer].backward_seconds += step.layers[layer].backward_seconds / n;
    }
  }
  return mean;
}

std::vector<LayerProfile> layers_of(const MeasuredStep& step, const StepTimes& times, int64_t batch) {
  const std::vector<NetworkLayer> layers = step.model().network->layers();
  const std::vector<LayerWork> work =
      work_of_layers(layers, {step.model().input.height, step.model().input.width}, batch);
  std::vector<LayerProfile> result;
  for (size_t layer = 0; layer < layers.size(); ++layer) {
    result.push_back({.work = work[layer],
                      .in_channels = layers[layer].unit->shape().in_channels,
                      .out_channels = layers[layer].unit->shape().out_channels,
                      .forward_seconds = times.layers[layer].forward_seconds,
                      .backward_seconds = times.layers[layer].backward_seconds});
  }
  return result;
}

void add(ProfileLine& line, double seconds, const Work& work) {
  line.seconds += seconds;
  ++line.calls;
  line.work.flops += work.flops;
  line.work.bytes += work.bytes;
}

// One line for each kind and direction, ordered by the first layer of each kind.
std::vector<ProfileLine> lines_of(const std::vector<LayerProfile>& layers) {
  std::vector<ProfileLine> lines;
  for (const LayerProfile& layer : layers) {
    auto line = std::ranges::find(lines, layer.work.kind, &ProfileLine::part);
    if (line == lines.end()) {
      lines.push_back({.part = layer.work.kind, .pass = "forward"});
      lines.push_back({.part = layer.work.kind, .pass = "backward"});
      line = lines.end() - 2;
    }
    add(line[0], layer.forward_seconds, layer.work.forward);
    add(line[1], layer.backward_seconds, layer.work.backward);
  }
  return lines;
}

}  // namespace

double Roofs::limit_seconds(const Work& work) const {
  return std::max(work.flops / flops_per_second, work.bytes / bytes_per_second);
}

bool Roofs::memory_bound(const Work& work) const {
  return work.bytes / bytes_per_second > work.flops / flops_per_second;
}

double limit_seconds(const StepProfile& profile) {
  double seconds = 0;
  for (const ProfileLine& line : profile.lines) seconds += profile.roofs.limit_seconds(line.work);
  return seconds;
}

StepProfile profile_step(const SpeedOptions& options) {
  require(options.precision != "bf16",
          "benchmark step --profile knows the machine's limits for fp32 only; leave out --precision.");
  require(options.kernels == "fast",
          "benchmark step --profile times the fused layers of --kernels fast. --kernels {} uses PyTorch's own layers, "
          "which it cannot time; leave out one of the two.",
          options.kernels);
  MeasuredStep step(options);
  StepWatch watch(step);
  StepProfile profile;
  profile.speed = measure_speed(options, step.flops_per_image(), [&] { watch.run(); });
  profile.speed.fused_share = step.fused_share();
  const std::vector<StepTimes> steps = middle_half(watch.last(profile.speed.repeats));
  const StepTimes times = mean_of(steps);
  require(
      !times.layers.empty(),
      "benchmark step --profile: {} with --batch {} has no fused layers to time; they need at least two images, and "
      "a network whose units are in one row (docs/backbones.md).",
      options.backbone, options.batch);
  profile.seconds = times.seconds;
  profile.num_steps = std::ssize(steps);
  profile.roofs = {profile.speed.peak_gflops * 1e9, measure_memory_bandwidth(profile.speed.threads)};
  profile.layers = layers_of(step, times, options.batch);
  profile.lines = lines_of(profile.layers);

  double rest = times.seconds;
  for (const ProfileLine& line : profile.lines) rest -= line.seconds;
  const auto add_line = [&](const char* name, StepPart part, const Work& work) {
    profile.lines.push_back({.part = name, .pass = "", .seconds = times.parts.at(part), .calls = 1, .work = work});
    rest -= times.parts.at(part);
  };
  add_line("classifier_and_loss", StepPart::kClassifier, step.classifier_work());
  add_line("optimizer", StepPart::kOptimizer, step.optimizer_work());
  add_line("input_conversion", StepPart::kInput, step.input_work());
  profile.lines.push_back({.part = "rest", .pass = "", .seconds = rest, .calls = 1, .work = {}});
  return profile;
}

}  // namespace massface
