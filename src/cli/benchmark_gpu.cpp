#include "cli/benchmark_gpu.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "benchmark/gpu_step.h"
#include "cli/flags.h"

namespace massface {
namespace {

struct GpuStepArguments {
  GpuStepOptions options;
  bool json = false;
};

void print_gpu_step(const GpuStepArguments& arguments, const GpuStepBenchmark& result) {
  const GpuStepOptions& options = arguments.options;
  if (arguments.json) {
    print_json({{"benchmark", "gpu"},
                {"device", result.device},
                {"precision", options.precision},
                {"cuda_graphs", options.cuda_graphs},
                {"backbone", options.backbone},
                {"images", result.images},
                {"strategy", options.strategy},
                {"milliseconds", result.milliseconds},
                {"repeats", result.repeats},
                {"images_per_second", result.images_per_second},
                {"augmentation_milliseconds", result.augmentation_milliseconds},
                {"mining_milliseconds", result.mining_milliseconds},
                {"loss", result.loss},
                {"peak_memory_bytes", result.peak_memory_bytes}});
    return;
  }
  std::cout << fmt::format(
      "triplet step of {}, {} x {} images, {}, {}, CUDA graphs {} (median of {})\n"
      "  on                {}\n"
      "  whole step        {:9.3f} ms   {:.0f} images/s\n"
      "  augmentation      {:9.3f} ms   of that: taking the batch from the device's memory\n"
      "  mining and loss   {:9.3f} ms   selection, loss and its gradient, measured alone\n"
      "  peak memory       {:9.0f} MB\n",
      options.backbone, options.identities, options.images_per_identity, options.strategy, options.precision,
      options.cuda_graphs, result.repeats, result.device, result.milliseconds, result.images_per_second,
      result.augmentation_milliseconds, result.mining_milliseconds,
      static_cast<double>(result.peak_memory_bytes) * 1e-6);
}

}  // namespace

void add_gpu_step_verb(CLI::App& benchmark) {
  auto arguments = std::make_shared<GpuStepArguments>();
  CLI::App* verb = benchmark.add_subcommand(
      "gpu", "Time a whole triplet step on a GPU, with the images in its memory (also on the CPU, slowly)");
  verb->footer("massface benchmark gpu --device cuda:0 --json");
  bind_verb(*verb, arguments->options, arguments->json,
            [arguments] { print_gpu_step(*arguments, benchmark_gpu_step(arguments->options)); });
}

}  // namespace massface
