#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "backbone/backbone.h"
#include "benchmark/decode.h"
#include "benchmark/mining.h"
#include "benchmark/read.h"
#include "benchmark/search.h"
#include "cli/benchmark_gpu.h"
#include "cli/benchmark_scaling.h"
#include "cli/benchmark_speed.h"
#include "cli/flags.h"
#include "cli/verbs.h"
#include "core/error.h"
#include "core/files.h"
#include "core/memory.h"
#include "core/threads.h"

namespace massface {
namespace {

struct DecodeArguments {
  std::string backbone = BackboneOptions().name;
  int64_t batch = 256;
  int64_t threads = 1;
  double seconds = 5;
  bool json = false;

  void describe(OptionTable& table) {
    table.add_choice("backbone", backbone, backbone_names(), "The network to decode for; both take 112x112 pixels.");
    table.add("batch", batch, {1, 100000}, "Number of different images, which are decoded again and again.");
    table.add("threads", threads, {0, 1024}, "Number of decoding threads (0: one per available core).");
    table.add("seconds", seconds, {0, 3600}, "Duration of the measurement, in seconds.");
  }
};

void print_decode(const DecodeArguments& arguments, int64_t threads, const DecodeBenchmark& result) {
  if (arguments.json) {
    print_json({{"benchmark", "decode"},
                {"backbone", arguments.backbone},
                {"batch", arguments.batch},
                {"threads", threads},
                {"images", result.images},
                {"images_per_second", result.images_per_second},
                {"milliseconds", 1e3 * static_cast<double>(arguments.batch) / result.images_per_second},
                {"bare_images_per_second", result.bare_images_per_second},
                // Decoding needs few multiplications, so its peak is the speed of TurboJPEG alone.
                {"fraction_of_peak", result.fraction_of_bare},
                {"peak_memory_bytes", peak_memory_bytes()}});
    return;
  }
  std::cout << fmt::format(
      "decode of 112x112 JPEGs, {}\n"
      "  images/s          {:8.0f}\n"
      "  fraction of peak  {:8.3f}   of {:.0f} images/s, a loop around TurboJPEG alone\n",
      threads_in_words(threads), result.images_per_second, result.fraction_of_bare, result.bare_images_per_second);
}

void add_decode_verb(CLI::App& benchmark) {
  auto arguments = std::make_shared<DecodeArguments>();
  CLI::App* verb = benchmark.add_subcommand("decode", "Time JPEG decoding, compared with a bare TurboJPEG loop");
  bind_verb(*verb, *arguments, arguments->json, [arguments] {
    const int64_t threads = resolve_threads(arguments->threads);
    print_decode(*arguments, threads, benchmark_decode(threads, arguments->batch, arguments->seconds));
  });
}

struct MiningArguments {
  MiningBenchmarkOptions options;
  bool json = false;
};

void print_mining(const MiningArguments& arguments, const MiningBenchmark& result) {
  const MiningBenchmarkOptions& options = arguments.options;
  const bool online = options.pool == "online";
  if (arguments.json) {
    nlohmann::ordered_json json{{"benchmark", "mining"},
                                {"strategy", options.strategy},
                                {"pool", options.pool},
                                {"batch", options.batch},
                                {"dim", options.dim},
                                {"threads", result.threads},
                                {"milliseconds", result.milliseconds},
                                {"repeats", result.repeats},
                                {"selected", result.selected},
                                {"peak_gflops", result.peak_gflops},
                                {"fraction_of_peak", result.fraction_of_peak},
                                {"peak_memory_bytes", result.peak_memory_bytes}};
    if (online) {
      json["loss"] = result.loss;
      json["products_milliseconds"] = result.products_milliseconds;
      json["times_products"] = result.milliseconds / result.products_milliseconds;
    }
    return print_json(json);
  }
  std::cout << fmt::format("{} of {} embeddings, {}-d, {}, {} pool (median of {})\n", options.strategy, options.batch,
                           options.dim, threads_in_words(result.threads), options.pool, result.repeats)
            << fmt::format("  {:<18}{:9.2f} ms  {} triplets\n", online ? "loss and backward" : "list of triplets",
                           result.milliseconds, result.selected);
  if (online) {
    std::cout << fmt::format("  {:<18}{:9.2f} ms  LibTorch's two products alone; massface takes {:.2f} times as long\n",
                             "the products", result.products_milliseconds,
                             result.milliseconds / result.products_milliseconds);
  }
  std::cout << fmt::format(
                   "  fraction of peak  {:9.3f}     of {:.0f} GFLOP/s, the multiply-add peak measured in this run\n",
                   result.fraction_of_peak, result.peak_gflops)
            << fmt::format("  peak memory       {:9.0f} MB\n", static_cast<double>(result.peak_memory_bytes) * 1e-6);
}

void add_mining_verb(CLI::App& benchmark) {
  auto arguments = std::make_shared<MiningArguments>();
  CLI::App* verb = benchmark.add_subcommand(
      "mining", "Time triplet selection, loss and backward pass, compared with the bare matrix products");
  bind_verb(*verb, arguments->options, arguments->json,
            [arguments] { print_mining(*arguments, benchmark_mining(arguments->options)); });
}

struct ReadArguments {
  std::string dataset;
  int64_t threads = 1;
  double seconds = 3;
  bool json = false;

  void describe(OptionTable& table) {
    table.add("threads", threads, {0, 1024}, "Number of reading threads (0: one per available core).");
    table.add("seconds", seconds, {0, 3600},
              "Duration of each of the two measurements, in order and at random, in seconds.");
  }
};

void print_read(const ReadArguments& arguments, int64_t threads, const ReadBenchmark& result) {
  const double of_memory = result.random_bytes_per_second / result.memory_bytes_per_second;
  if (arguments.json) {
    print_json({{"benchmark", "read"},
                {"dataset", printable(arguments.dataset)},
                {"images", result.images},
                {"threads", threads},
                {"open_milliseconds", 1e3 * result.open_seconds},
                {"sequential_images_per_second", result.sequential_images_per_second},
                {"sequential_bytes_per_second", result.sequential_bytes_per_second},
                {"random_images_per_second", result.random_images_per_second},
                {"random_bytes_per_second", result.random_bytes_per_second},
                {"memory_bytes_per_second", result.memory_bytes_per_second},
                {"fraction_of_peak", of_memory}});
    return;
  }
  std::cout << fmt::format("reading {} images of {}, {}, warm page cache\n", result.images,
                           printable(arguments.dataset), threads_in_words(threads))
            << fmt::format("  opened in         {:10.1f} ms\n", 1e3 * result.open_seconds)
            << fmt::format("  in order          {:10.0f} images/s  {:8.0f} MB/s\n", result.sequential_images_per_second,
                           1e-6 * result.sequential_bytes_per_second)
            << fmt::format("  at random         {:10.0f} images/s  {:8.0f} MB/s\n", result.random_images_per_second,
                           1e-6 * result.random_bytes_per_second)
            << fmt::format("  fraction of peak  {:10.3f}   of {:.0f} MB/s, summing 256 MB of memory\n", of_memory,
                           1e-6 * result.memory_bytes_per_second);
}

void add_read_verb(CLI::App& benchmark) {
  auto arguments = std::make_shared<ReadArguments>();
  CLI::App* verb =
      benchmark.add_subcommand("read", "Time opening a face set and reading its images' bytes, compared with memory");
  verb->add_option("FACES", arguments->dataset, "The face set: a folder, a packed set or MXNet records")->type_name("");
  bind_verb(*verb, *arguments, arguments->json, [arguments] {
    require(!arguments->dataset.empty(), "benchmark read needs a face set: massface benchmark read FACES");
    const int64_t threads = resolve_threads(arguments->threads);
    print_read(*arguments, threads, benchmark_read(arguments->dataset, threads, arguments->seconds));
  });
}

struct SearchArguments {
  SearchBenchmarkOptions options;
  bool json = false;
};

void print_search(const SearchArguments& arguments, const SearchBenchmark& result) {
  if (arguments.json) {
    nlohmann::ordered_json found = nlohmann::ordered_json::array();
    for (const auto& of_query : result.found) {
      nlohmann::ordered_json faces = nlohmann::ordered_json::array();
      for (const FoundPerson& face : of_query) faces.push_back({face.face, face.cosine});
      found.push_back(std::move(faces));
    }
    return print_json({{"benchmark", "search"},
                       {"faces", result.faces},
                       {"dimensions", result.dimensions},
                       {"threads", result.threads},
                       {"build_seconds", result.build_seconds},
                       {"p50_milliseconds", result.p50},
                       {"p99_milliseconds", result.p99},
                       {"share_in_eight_bits", result.share_in_eight_bits},
                       {"share_in_float32", result.share_in_float32},
                       {"bytes_per_second", result.bytes_per_second},
                       {"memory_bytes_per_second", result.memory_bytes_per_second},
                       {"fraction_of_peak", result.bytes_per_second / result.memory_bytes_per_second},
                       {"peak_memory_bytes", peak_memory_bytes()},
                       {"found", found}});
  }
  std::cout << fmt::format(
      "search among {} faces, {}-d, {} ({} searches)\n"
      "  p50               {:9.3f} ms\n"
      "  p99               {:9.3f} ms\n"
      "  fraction of peak  {:9.3f}     of {:.1f} GB/s, the memory bandwidth measured in this run\n"
      "  in eight bits     {:9.3f} %   of the faces; in float32 {:.4f} %\n",
      result.faces, result.dimensions, threads_in_words(result.threads), result.milliseconds.size(), result.p50,
      result.p99, result.bytes_per_second / result.memory_bytes_per_second, 1e-9 * result.memory_bytes_per_second,
      100 * result.share_in_eight_bits, 100 * result.share_in_float32);
}

void add_search_verb(CLI::App& benchmark) {
  auto arguments = std::make_shared<SearchArguments>();
  CLI::App* verb =
      benchmark.add_subcommand("search", "Time the search for the nearest faces of a gallery, one query at a time");
  bind_verb(*verb, arguments->options, arguments->json,
            [arguments] { print_search(*arguments, benchmark_search(arguments->options)); });
}

}  // namespace

void add_benchmark_verb(CLI::App& program) {
  CLI::App* benchmark =
      program.add_subcommand("benchmark", "Measure speed on this machine and compare it with the machine's limits");
  benchmark->require_subcommand(1);
  benchmark->footer("massface benchmark step --batch 64 --threads 2 --json");
  add_speed_verbs(*benchmark);
  add_decode_verb(*benchmark);
  add_read_verb(*benchmark);
  add_search_verb(*benchmark);
  add_mining_verb(*benchmark);
  add_gpu_step_verb(*benchmark);
  add_scaling_verb(*benchmark);
}

}  // namespace massface
