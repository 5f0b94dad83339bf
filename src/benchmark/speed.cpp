#include "benchmark/speed.h"

#include <algorithm>
#include <vector>

#include "backbone/backbone.h"
#include "benchmark/median.h"
#include "core/memory.h"
#include "core/stopwatch.h"
#include "kernels/device.h"
#include "kernels/fma_peak.h"
#include "kernels/precision.h"

namespace massface {
namespace {

double seconds_of(const std::function<void()>& work) {
  const Stopwatch watch;
  work();
  return watch.seconds();
}

}  // namespace

void SpeedOptions::describe(OptionTable& table) {
  table.add_choice("backbone", backbone, backbone_names(), "The network to measure.");
  table.add_choice("kernels", kernels, kernel_names(),
                   "fast: layers are fused; reference: they run one after another.");
  table.add_choice("precision", precision, precision_names(),
                   "Precision of the layers; see the option precision of a recipe.");
  table.add("memory_budget", memory_budget, {0, 1000000},
            "Memory of a training step, in megabytes; see the option backbone.memory_budget of a recipe.");
  table.add("batch", batch, {1, 4096}, "Number of images in each batch.");
  table.add("threads", threads, {0, 1024}, "Number of threads to compute with (0: one per available core).");
  table.add("seconds", seconds, {0, 3600}, "Duration of the measurement, in seconds.");
}

SpeedBenchmark measure_speed(const SpeedOptions& options, double flops_per_image, const std::function<void()>& work) {
  constexpr int kWarmUp = 3;
  constexpr size_t kMinRepeats = 3;
  SpeedBenchmark result;
  result.threads = set_compute_threads(options.threads);
  for (int i = 0; i < kWarmUp; ++i) work();

  std::vector<double> seconds;
  const int64_t faults_before = page_faults();
  double total = 0;
  while (seconds.size() < kMinRepeats || total < options.seconds) {
    seconds.push_back(seconds_of(work));
    total += seconds.back();
  }
  const int64_t faults = page_faults() - faults_before;
  const double batch_seconds = median(seconds);
  result.repeats = static_cast<int64_t>(seconds.size());
  result.page_faults_per_repeat = static_cast<double>(faults) / static_cast<double>(result.repeats);
  result.milliseconds = batch_seconds * 1e3;
  result.images_per_second = static_cast<double>(options.batch) / batch_seconds;
  result.gflop_per_image = flops_per_image * 1e-9;
  result.peak_gflops = measure_fma_peak_gflops(result.threads);
  result.fraction_of_peak = result.gflop_per_image * result.images_per_second / result.peak_gflops;
  result.peak_memory_bytes = peak_memory_bytes();
  return result;
}

}  // namespace massface
