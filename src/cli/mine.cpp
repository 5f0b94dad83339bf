#include <torch/torch.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <iostream>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/flags.h"
#include "cli/verbs.h"
#include "core/error.h"
#include "core/files.h"
#include "core/log.h"
#include "core/stopwatch.h"
#include "kernels/device.h"
#include "loss/listed_loss.h"
#include "loss/triplet_loss_options.h"
#include "mining/mine_triplets.h"
#include "mining/mining_options.h"
#include "tensor_file/npy.h"

namespace massface {
namespace {

// A row whose length differs from 1 by more than this has not been normalised.
constexpr double kUnitTolerance = 1e-3;

struct MineArguments {
  std::string embeddings;
  std::string labels;
  std::string out;
  MiningOptions mining;
  double margin = TripletLossOptions().margin;
  std::string seed = "1";
  int64_t step = 0;
  int64_t threads = 0;
  bool json = false;

  void describe(OptionTable& table) {
    table.add_choice("strategy", mining.strategy, strategy_names(),
                     "Strategy that selects the triplets (docs/mining.md).");
    table.add("margin", margin, {.min = 0, .max = 4}, "Margin of the loss, in squared L2 distance.");
    table.add("seed", seed,
              "Seed of the strategies that draw and of the sample above max_triplets: an integer of up to 64 bits, "
              "such as `seed` in a "
              "round's JSON.");
    table.add("step", step, {.min = 0, .max = 1e9},
              "Step that the random numbers belong to: `random_step` in a round's JSON.");
    table.add("positive_quantile", mining.positive_quantile, {.min = 0, .max = 1},
              "batch_hardest: quantile of an anchor's positives that counts as the farthest.");
    table.add("negative_quantile", mining.negative_quantile, {.min = 0, .max = 1},
              "batch_hardest: quantile of an anchor's negatives that counts as the nearest.");
    table.add("max_triplets", mining.max_triplets, {.min = 1, .max = 1e9},
              "Keep a uniform sample of this many triplets if more are selected.");
    table.add("threads", threads, {.min = 0, .max = 1024}, "Number of threads (0: one per available core).");
    table.add("out", out, "Write the triplets to this file: int64 [T, 3] of (anchor, positive, negative).");
  }
};

// Parses any seed that a run may have drawn for a phase (RUN/triplets/round_00000.json), which can exceed the range of
// an integer option.
uint64_t parse_seed(const std::string& text) {
  uint64_t seed = 0;
  const auto [end, mistake] = std::from_chars(text.data(), text.data() + text.size(), seed);
  require(mistake == std::errc() && end == text.data() + text.size() && !text.empty(),
          "--seed needs a whole number from 0 to {}, got '{}'", std::numeric_limits<uint64_t>::max(), text);
  return seed;
}

// Returns advice on converting the dtype, for the end of a message, or "" if the dtype is right.
std::string conversion(const Tensor& array, at::ScalarType wanted) {
  if (array.scalar_type() == wanted) return "";
  return fmt::format(". Convert it: numpy.save(FILE, array.astype(\"{}\"))", npy_dtype(wanted));
}

Tensor read_embeddings(const std::string& path) {
  require(!path.empty(), "mine needs embeddings and labels: massface mine EMBEDDINGS.npy LABELS.npy --strategy S");
  const Tensor x = read_npy(path);
  const std::string name = printable(path);
  require(x.dim() == 2 && x.scalar_type() == at::kFloat, "{}: it is {}; embeddings are float32 [B, D]{}", name,
          dtype_and_shape(x), conversion(x, at::kFloat));
  require(x.numel() > 0, "{}: it is {}, so it contains no embeddings", name, dtype_and_shape(x));
  const Tensor off = (x.norm(2, 1) - 1).abs();
  const Tensor bad = ~(off <= kUnitTolerance);
  if (bad.any().item<bool>()) {
    const int64_t row = bad.nonzero()[0].item<int64_t>();
    fail(
        "{}: row {} has length {:.6f}, and {} of {} rows are farther than {} from unit length. Normalise them: "
        "x / numpy.linalg.norm(x, axis=1, keepdims=True)",
        name, row, x[row].norm().item<double>(), bad.sum().item<int64_t>(), x.size(0), kUnitTolerance);
  }
  return x;
}

Tensor read_labels(const std::string& path, int64_t size) {
  require(!path.empty(), "mine needs labels too: massface mine EMBEDDINGS.npy LABELS.npy --strategy S");
  const Tensor labels = read_npy(path, at::kLong);
  require(labels.dim() == 1 && labels.scalar_type() == at::kLong, "{}: it is {}; labels are int64 [B]{}",
          printable(path), dtype_and_shape(labels), conversion(labels, at::kLong));
  require(labels.size(0) == size, "{}: {} labels for {} embeddings", printable(path), labels.size(0), size);
  return labels;
}

void print(const MineArguments& arguments, const Tensor& x, const MinedTriplets& mined, const ListedLoss& loss,
           double milliseconds, int64_t valid) {
  if (arguments.json) {
    return print_json({{"strategy", arguments.mining.strategy},
                       {"margin", arguments.margin},
                       {"seed", arguments.seed},  // a string, as in a round's JSON
                       {"random_step", arguments.step},
                       {"embeddings", x.size(0)},
                       {"dim", x.size(1)},
                       {"valid_triplets", valid},
                       {"selected", mined.selected},
                       {"kept", mined.triplets.size()},
                       {"dropped", mined.dropped()},
                       {"active", loss.active},
                       {"loss", loss.mean_of_active},
                       {"loss_over_kept", loss.mean_of_all},
                       {"milliseconds", milliseconds},
                       {"out", arguments.out}});
  }
  std::cout << fmt::format("{} of {} embeddings, {}-d, margin {}: {} triplets of {} in {:.1f} ms\n",
                           arguments.mining.strategy, x.size(0), x.size(1), arguments.margin, mined.selected, valid,
                           milliseconds)
            << fmt::format("  active     {:>12}\n  dropped    {:>12}\n", loss.active, mined.dropped())
            << fmt::format("  loss       {:>12.6f}   mean over the active, {:.6f} over all kept\n", loss.mean_of_active,
                           loss.mean_of_all);
}

void run_verb(const MineArguments& arguments) {
  require(!arguments.mining.has_unused_quantile(),
          "--positive-quantile and --negative-quantile belong to {0}; --strategy {1} has no farthest positive and "
          "nearest negative to replace. Leave them out, or give --strategy {0}",
          quantile_strategies(), arguments.mining.strategy);
  const uint64_t seed = parse_seed(arguments.seed);
  if (!arguments.out.empty()) require_writable_file(arguments.out, {arguments.embeddings, arguments.labels});
  const Tensor x = read_embeddings(arguments.embeddings);
  const Tensor labels = read_labels(arguments.labels, x.size(0));
  set_compute_threads(arguments.threads);
  const Stopwatch watch;
  const Pool pool(x, labels);
  const SelectionRule rule = arguments.mining.rule(arguments.margin, seed, arguments.step);
  const MinedTriplets mined = mine_triplets(pool, arguments.mining.strategy_at(0), rule, arguments.mining.max_triplets);
  const double milliseconds = 1e3 * watch.seconds();
  if (mined.dropped() > 0) {
    log_warning("{} triplets were selected; a uniform sample of {} is kept (--max-triplets)", mined.selected,
                mined.triplets.size());
  }
  // Written first: whoever reads the result may assume that the file exists.
  if (!arguments.out.empty()) write_npy(arguments.out, to_table(mined.triplets));
  print(arguments, x, mined, listed_loss(mined, rule.margin), milliseconds, pool.num_valid_triplets());
}

}  // namespace

void add_mine_verb(CLI::App& program) {
  auto arguments = std::make_shared<MineArguments>();
  CLI::App* verb = program.add_subcommand("mine", "Select triplets from given embeddings, for inspection");
  verb->footer(
      "massface mine embeddings.npy labels.npy --strategy batch_semi_hard --margin 0.2 --out triplets.npy\n"
      "float32 [B, D] of unit rows and int64 [B], as numpy.save writes them. docs/mining.md defines the strategies.");
  verb->add_option("--embeddings,embeddings", arguments->embeddings, "float32 [B, D], .npy")
      ->type_name("EMBEDDINGS.npy");
  verb->add_option("--labels,labels", arguments->labels, "int64 [B], .npy")->type_name("LABELS.npy");
  bind_verb(*verb, *arguments, arguments->json, [arguments] { run_verb(*arguments); });
}

}  // namespace massface
