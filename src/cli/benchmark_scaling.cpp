#include "cli/benchmark_scaling.h"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "benchmark/scaling.h"
#include "cli/flags.h"
#include "cli/processes.h"
#include "core/error.h"
#include "core/files.h"
#include "core/threads.h"
#include "distributed/launcher.h"
#include "train/gradient_buckets.h"

namespace massface {
namespace {

using Json = nlohmann::ordered_json;

// Names the file in which the first of the measured processes leaves the result.
constexpr const char* kResultFile = "MASSFACE_SCALING_RESULT";

struct ScalingArguments {
  ScalingOptions options;
  std::vector<int64_t> processes = {1, 2};
  double forecast_step = 0;  // milliseconds; 0: measure instead
  double gbit_per_second = 10;
  double message_microseconds = 50;
  bool json = false;
};

Json to_json(const ScalingBenchmark& result) {
  return {{"processes", result.processes},
          {"threads", result.threads},
          {"images", result.images},
          {"milliseconds", result.milliseconds},
          {"repeats", result.repeats},
          {"images_per_second", result.images_per_second},
          {"waited_milliseconds", result.waited_milliseconds},
          {"waited_fraction", result.waited_milliseconds / result.milliseconds},
          {"messages", result.messages},
          {"tensor_bytes", result.tensor_bytes},
          {"sent_bytes", result.sent_bytes},
          {"least_bytes", result.least_bytes},
          {"alone_milliseconds", 1e3 * result.alone.seconds},
          {"link_bytes_per_second", result.link.bytes_per_second},
          {"link_message_microseconds", 1e6 * result.link.message_seconds},
          {"forecast_milliseconds", result.forecast_milliseconds}};
}

// One of the processes that are measured.
void measure(const ScalingArguments& arguments, const char* result_file) {
  in_processes({}, [&](const std::shared_ptr<Processes>& processes) {
    const ScalingBenchmark result = benchmark_scaling(arguments.options, processes);
    if (processes->is_first()) write_file_atomically(result_file, to_json(result).dump());
  });
}

Json measured_in(int64_t processes) {
  const std::filesystem::path file =
      std::filesystem::temp_directory_path() / fmt::format("massface-scaling-{}.json", ::getpid());
  const int code = launch_processes({.processes = processes, .environment = {{kResultFile, file.native()}}});
  if (code != 0) throw ToldElsewhere{code};
  const Json result = Json::parse(read_text_file(file));
  std::filesystem::remove(file);
  return result;
}

// What the model says, for several processes.
std::string forecast_of(const Json& result) {
  if (result["processes"] == 1) return "";
  return fmt::format("   {:.0f} ms, forecast {:.0f} ms", result["milliseconds"].get<double>(),
                     result["forecast_milliseconds"].get<double>());
}

void print_scaling(const ScalingArguments& arguments) {
  Json results = Json::array();
  for (const int64_t processes : arguments.processes) {
    require(processes >= 1 && processes <= 1024, "--processes has {}; 1 to 1024 were expected", processes);
    results.push_back(measured_in(processes));
    // Compared with the first of the list.
    results.back()["relative_speed"] =
        results.back()["images_per_second"].get<double>() / results.front()["images_per_second"].get<double>();
  }
  const ScalingOptions& options = arguments.options;
  if (arguments.json) {
    return print_json({{"benchmark", "scaling"},
                       {"backbone", options.backbone},
                       {"batch_norm", options.batch_norm},
                       {"precision", options.precision},
                       {"results", results}});
  }
  std::cout << fmt::format("triplet step of {}, {} x {} images, {}, BatchNorm {}\n", options.backbone,
                           options.identities, options.images_per_identity, options.precision, options.batch_norm);
  for (const Json& result : results) {
    std::cout << fmt::format(
        "  {:>2} x {:<10} {:8.1f} images/s  {:5.3f} of the first   waited {:6.1f} ms, {:4.1f} %   sent {:.2f} MB, "
        "{:.2f} at least{}\n",
        result["processes"].get<int64_t>(), threads_in_words(result["threads"]),
        result["images_per_second"].get<double>(), result["relative_speed"].get<double>(),
        result["waited_milliseconds"].get<double>(), 100 * result["waited_fraction"].get<double>(),
        1e-6 * result["sent_bytes"].get<double>(), 1e-6 * result["least_bytes"].get<double>(), forecast_of(result));
  }
}

// The options' images are those of one process here.
void print_forecast(const ScalingArguments& arguments) {
  const Link link{.bytes_per_second = 1.25e8 * arguments.gbit_per_second,
                  .message_seconds = 1e-6 * arguments.message_microseconds};
  const StepTimeline timeline = timeline_of(arguments.options, 1e-3 * arguments.forecast_step);
  Json results = Json::array();
  for (const int64_t processes : arguments.processes) {
    const ScalingForecast forecast = forecast_step(timeline, link, processes, GradientBuckets::kBucketBytes);
    results.push_back({{"processes", processes},
                       {"milliseconds", 1e3 * forecast.seconds},
                       {"exposed_milliseconds", 1e3 * forecast.exposed_seconds},
                       {"hidden_milliseconds", 1e3 * forecast.hidden_seconds},
                       {"efficiency", timeline.seconds / forecast.seconds}});
  }
  if (arguments.json) return print_json({{"benchmark", "scaling forecast"}, {"results", results}});
  for (const Json& result : results) {
    std::cout << fmt::format(
        "  {:>3} processes  {:8.2f} ms a step, {:7.2f} ms of it exposed, {:7.2f} ms hidden   "
        "efficiency {:.3f}\n",
        result["processes"].get<int64_t>(), result["milliseconds"].get<double>(),
        result["exposed_milliseconds"].get<double>(), result["hidden_milliseconds"].get<double>(),
        result["efficiency"].get<double>());
  }
}

}  // namespace

void add_scaling_verb(CLI::App& benchmark) {
  auto arguments = std::make_shared<ScalingArguments>();
  CLI::App* verb = benchmark.add_subcommand(
      "scaling", "Time one training step in several processes of this machine, which share its cores");
  verb->footer("massface benchmark scaling --processes 1,2,4 --json");
  verb->add_option("--processes", arguments->processes, "Numbers of processes to measure, one after the other")
      ->delimiter(',')
      ->type_name("N,N...");
  verb->add_option("--forecast-step", arguments->forecast_step,
                   "Measure no processes, but forecast them: the milliseconds of one process's step, whose batch is "
                   "--identities x --images-per-identity (docs/scaling.md)")
      ->type_name("MS")
      ->check(CLI::Range(0.0, 1e7));
  verb->add_option("--gbit-per-second", arguments->gbit_per_second, "Rate of each process's link, for the forecast")
      ->check(CLI::Range(1e-6, 1e6));
  verb->add_option("--message-microseconds", arguments->message_microseconds,
                   "Time of a small message, for the forecast")
      ->check(CLI::Range(0.0, 1e9));
  bind_verb(*verb, arguments->options, arguments->json, [arguments] {
    const char* result_file = std::getenv(kResultFile);
    if (result_file != nullptr) return measure(*arguments, result_file);
    arguments->forecast_step > 0 ? print_forecast(*arguments) : print_scaling(*arguments);
  });
}

}  // namespace massface
