#include "cli/benchmark_speed.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "benchmark/inference.h"
#include "benchmark/step.h"
#include "benchmark/step_profile.h"
#include "cli/flags.h"
#include "core/threads.h"

namespace massface {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kStep = "step";

struct SpeedArguments {
  SpeedOptions options;
  bool profile = false;
  bool json = false;
};

Json json_of(const std::string& what, const SpeedOptions& options, const SpeedBenchmark& result) {
  Json json{{"benchmark", what},
            {"backbone", options.backbone},
            {"kernels", options.kernels},
            {"precision", result.precision},
            {"memory_budget_megabytes", options.memory_budget},
            {"batch", options.batch},
            {"threads", result.threads},
            {"images_per_second", result.images_per_second},
            {"milliseconds", result.milliseconds},
            {"repeats", result.repeats},
            {"gflop_per_image", result.gflop_per_image},
            {"peak_gflops", result.peak_gflops},
            {"fraction_of_peak", result.fraction_of_peak},
            {"page_faults_per_repeat", result.page_faults_per_repeat},
            {"peak_memory_bytes", result.peak_memory_bytes}};
  if (what == kStep) json["fused_share"] = result.fused_share;
  return json;
}

std::string text_of(const std::string& what, const SpeedOptions& options, const SpeedBenchmark& result) {
  const std::string text = fmt::format(
      "{} of {}, batch {}, {}, {} (median of {})\n"
      "  images/s          {:8.1f}   ({:.1f} ms per batch)\n"
      "  fraction of peak  {:8.3f}   of {:.0f} GFLOP/s, the multiply-add peak measured in this run\n"
      "  page faults       {:8.1f}   per batch, once warm\n"
      "  peak memory       {:8.0f}   MB\n",
      what, options.backbone, options.batch, threads_in_words(result.threads), result.precision, result.repeats,
      result.images_per_second, result.milliseconds, result.fraction_of_peak, result.peak_gflops,
      result.page_faults_per_repeat, static_cast<double>(result.peak_memory_bytes) * 1e-6);
  if (what != kStep) return text;
  return text + fmt::format("  fused             {:8.1f} % of the convolutions' FLOPs; PyTorch computes the others\n",
                            100 * result.fused_share);
}

void print_speed(const std::string& what, const SpeedArguments& arguments, const SpeedBenchmark& result) {
  if (arguments.json) return print_json(json_of(what, arguments.options, result));
  std::cout << text_of(what, arguments.options, result);
}

Json json_of(const Work& work, double seconds, const Roofs& roofs) {
  const double limit = roofs.limit_seconds(work);
  return {{"milliseconds", 1e3 * seconds},
          {"gflop", 1e-9 * work.flops},
          {"megabytes", 1e-6 * work.bytes},
          {"gflops", 1e-9 * work.flops / seconds},
          {"bytes_per_second", work.bytes / seconds},
          {"limit_milliseconds", 1e3 * limit},
          {"bound", roofs.memory_bound(work) ? "memory" : "arithmetic"},
          {"fraction_of_limit", limit / seconds}};
}

Json json_of(const StepProfile& profile) {
  Json lines = Json::array(), layers = Json::array();
  for (const ProfileLine& line : profile.lines) {
    Json json{{"part", line.part}, {"pass", line.pass}, {"calls", line.calls}};
    if (line.work.bytes > 0) {
      json.update(json_of(line.work, line.seconds, profile.roofs));
    } else {
      json["milliseconds"] = 1e3 * line.seconds;
    }
    lines.push_back(json);
  }
  for (const LayerProfile& layer : profile.layers) {
    layers.push_back({{"kind", layer.work.kind},
                      {"in_channels", layer.in_channels},
                      {"out_channels", layer.out_channels},
                      {"input_height", layer.work.input_size[0]},
                      {"input_width", layer.work.input_size[1]},
                      {"forward", json_of(layer.work.forward, layer.forward_seconds, profile.roofs)},
                      {"backward", json_of(layer.work.backward, layer.backward_seconds, profile.roofs)}});
  }
  return {{"step_milliseconds", 1e3 * profile.seconds},
          {"steps", profile.num_steps},
          {"peak_gflops", 1e-9 * profile.roofs.flops_per_second},
          {"memory_bytes_per_second", profile.roofs.bytes_per_second},
          {"limit_milliseconds", 1e3 * limit_seconds(profile)},
          {"fraction_of_limit", limit_seconds(profile) / profile.seconds},
          {"lines", lines},
          {"layers", layers}};
}

std::string text_of(const ProfileLine& line, const StepProfile& profile) {
  const std::string start = fmt::format("  {:<20}{:<9}{:9.2f}{:7.1f} %{:6}", line.part, line.pass, 1e3 * line.seconds,
                                        100 * line.seconds / profile.seconds, line.calls);
  if (line.work.bytes == 0) return start + "\n";
  return start + fmt::format("{:9.1f}{:8.1f}{:11.2f}  {:<11}{:6.2f}\n", 1e-9 * line.work.flops / line.seconds,
                             1e-9 * line.work.bytes / line.seconds, 1e3 * profile.roofs.limit_seconds(line.work),
                             profile.roofs.memory_bound(line.work) ? "memory" : "arithmetic",
                             profile.roofs.limit_seconds(line.work) / line.seconds);
}

std::string text_of(const StepProfile& profile) {
  std::string text = fmt::format(
      "\nWhere the time of a step goes: {:.1f} ms (mean of the middle {} steps), compared with the limits of {:.0f} "
      "GFLOP/s\nof multiply-adds and {:.1f} GB/s of memory, both measured in this run.\nThe ratio is limit / ms; "
      "it exceeds 1 if a cache holds what the part reads.\n\n"
      "  {:<20}{:<9}{:>9}{:>9}{:>6}{:>9}{:>8}{:>11}  {:<11}{:>6}\n",
      1e3 * profile.seconds, profile.num_steps, 1e-9 * profile.roofs.flops_per_second,
      1e-9 * profile.roofs.bytes_per_second, "part", "pass", "ms", "of step", "calls", "GFLOP/s", "GB/s", "limit, ms",
      "bound by", "ratio");
  for (const ProfileLine& line : profile.lines) text += text_of(line, profile);
  return text + fmt::format("  {:<29}{:9.2f}{:9}{:6}{:17}{:11.2f}  {:<11}{:6.2f}\n", "the step", 1e3 * profile.seconds,
                            "", "", "", 1e3 * limit_seconds(profile), "", limit_seconds(profile) / profile.seconds);
}

void print_profile(const SpeedArguments& arguments) {
  const StepProfile profile = profile_step(arguments.options);
  if (!arguments.json) {
    std::cout << text_of(kStep, arguments.options, profile.speed) << text_of(profile);
    return;
  }
  Json json = json_of(kStep, arguments.options, profile.speed);
  json["profile"] = json_of(profile);
  print_json(json);
}

std::shared_ptr<SpeedArguments> add_speed_verb(CLI::App& benchmark, const std::string& name, const std::string& help,
                                               SpeedBenchmark (*measure)(const SpeedOptions&)) {
  auto arguments = std::make_shared<SpeedArguments>();
  CLI::App* verb = benchmark.add_subcommand(name, help);
  bind_verb(*verb, arguments->options, arguments->json, [=] {
    if (arguments->profile) return print_profile(*arguments);
    print_speed(name, *arguments, measure(arguments->options));
  });
  return arguments;
}

}  // namespace

void add_speed_verbs(CLI::App& benchmark) {
  const auto step = add_speed_verb(benchmark, kStep, "Time a whole training step", benchmark_step);
  benchmark.get_subcommand(kStep)->add_flag(
      "--profile", step->profile,
      "Break the time down by kind of layer and compare each kind with the machine's limits");
  add_speed_verb(benchmark, "inference", "Time embedding images, as evaluation does it", benchmark_inference);
}

}  // namespace massface
