#include "benchmark/mining.h"

#include <torch/torch.h>

#include <functional>
#include <vector>

#include "benchmark/median.h"
#include "core/error.h"
#include "core/memory.h"
#include "core/random.h"
#include "core/stopwatch.h"
#include "kernels/device.h"
#include "kernels/fma_peak.h"
#include "loss/fused_triplet_loss.h"
#include "mining/mine_triplets.h"

namespace massface {
namespace {

struct LabelledEmbeddings {
  Tensor embeddings;
  Tensor labels;
};

LabelledEmbeddings clustered_embeddings(const MiningBenchmarkOptions& options) {
  Random random(1, RandomStream::kSyntheticImage);
  const auto normals = [&](int64_t rows) {
    Tensor values = at::empty({rows, options.dim});
    float* value = values.mutable_data_ptr<float>();
    for (int64_t i = 0; i < values.numel(); ++i) value[i] = random.normal();
    return values;
  };
  const Tensor labels = at::arange(options.batch).floor_divide(options.images_per_identity);
  const Tensor centres = normals(labels[-1].item<int64_t>() + 1);
  const Tensor x = centres.index_select(0, labels) + 2.5 * normals(options.batch);
  return {x / x.norm(2, 1, true), labels};
}

double milliseconds_of(const std::function<void()>& work) {
  const Stopwatch watch;
  work();
  return 1e3 * watch.seconds();
}

struct Medians {
  double work, beside;
  int64_t repeats;
};

Medians measure_in_turns(double seconds, const std::function<void()>& work, const std::function<void()>& beside) {
  constexpr size_t kMinRepeats = 3;
  work();
  if (beside) beside();
  std::vector<double> of_work, of_beside;
  const Stopwatch watch;
  while (of_work.size() < kMinRepeats || watch.seconds() < seconds) {
    of_work.push_back(milliseconds_of(work));
    if (beside) of_beside.push_back(milliseconds_of(beside));
  }
  return {median(of_work), beside ? median(of_beside) : 0.0, static_cast<int64_t>(of_work.size())};
}

void measure_online(const MiningBenchmarkOptions& options, const LabelledEmbeddings& pool, MiningBenchmark& result) {
  const TripletLossOptions loss{.margin = options.margin};
  const SelectionRule rule{.margin = static_cast<float>(options.margin), .seed = 1};
  const Tensor x = pool.embeddings.clone().requires_grad_(true);
  const auto step = [&] {
    x.mutable_grad() = Tensor();
    const auto output = fused_triplet_loss(x, pool.labels, parse_strategy(options.strategy), rule, loss);
    output.loss.backward();
    result.loss = output.loss.item<double>();
    result.selected = output.statistics.read().selected;
  };
  // Read before the products run, because their matrices would be counted.
  step();
  result.peak_memory_bytes = peak_memory_bytes();
  const Tensor rows = pool.embeddings;
  const Tensor weights = at::rand({options.batch, options.batch});
  Tensor square = at::empty({options.batch, options.batch}), gradient = at::empty_like(rows);
  const auto products = [&] {
    at::mm_out(square, rows, rows.t());
    at::mm_out(gradient, weights, rows);
  };
  const Medians medians = measure_in_turns(options.seconds, step, products);
  result.milliseconds = medians.work;
  result.products_milliseconds = medians.beside;
  result.repeats = medians.repeats;
}

void measure_offline(const MiningBenchmarkOptions& options, const LabelledEmbeddings& pool, MiningBenchmark& result) {
  constexpr int64_t kMaxTriplets = 10'000'000;
  const SelectionRule rule{.margin = static_cast<float>(options.margin), .seed = 1};
  const auto list = [&] {
    const Pool packed(pool.embeddings, pool.labels);
    result.selected = mine_triplets(packed, parse_strategy(options.strategy), rule, kMaxTriplets).selected;
  };
  const Medians medians = measure_in_turns(options.seconds, list, nullptr);
  result.milliseconds = medians.work;
  result.repeats = medians.repeats;
  result.peak_memory_bytes = peak_memory_bytes();
}

}  // namespace

void MiningBenchmarkOptions::describe(OptionTable& table) {
  table.add_choice("strategy", strategy, strategy_names(), "How triplets are selected (docs/mining.md).");
  table.add_choice("pool", pool, {"online", "offline"},
                   "online: selection, loss and backward pass over one batch; offline: making the list of triplets.");
  table.add("batch", batch, {2, 10'000'000}, "Number of embeddings in the pool.");
  table.add("dim", dim, {1, 4096}, "Size of an embedding.");
  table.add("images_per_identity", images_per_identity, {1, 100'000}, "Number of embeddings of each identity.");
  table.add("margin", margin, {0, 4}, "Margin of the triplet loss.");
  table.add("threads", threads, {0, 1024}, "Number of threads to compute with (0: one per available core).");
  table.add("seconds", seconds, {0, 3600}, "Duration of the measurement, in seconds.");
}

int64_t memory_needed_bytes(const MiningBenchmarkOptions& options) {
  constexpr int64_t kMatrices = 3, kEmbeddings = 4;  // the peak in clustered_embeddings(); fewer remain
  const int64_t embeddings = kEmbeddings * options.batch * options.dim;
  const int64_t matrices = options.pool == "online" ? kMatrices * options.batch * options.batch : 0;
  return static_cast<int64_t>(sizeof(float)) * (embeddings + matrices);
}

void require_memory(const MiningBenchmarkOptions& options, int64_t available_bytes) {
  const bool online = options.pool == "online";
  const auto gigabytes = [](int64_t bytes) { return 1e-9 * static_cast<double>(bytes); };
  const int64_t needed = memory_needed_bytes(options);
  require(needed <= available_bytes,
          "--batch {} with --dim {} needs {:.1f} GB of memory{}, but {:.1f} GB are available. Give a smaller --batch{}",
          options.batch, options.dim, gigabytes(needed),
          online ? fmt::format(" ({:.1f} GB for each of three B x B matrices: one of the loss, two of the products)",
                               gigabytes(4 * options.batch * options.batch))
                 : "",
          gigabytes(available_bytes), online ? ", or --pool offline, which needs no such matrix" : "");
}

MiningBenchmark benchmark_mining(const MiningBenchmarkOptions& options) {
  // If the available memory is unknown, LibTorch reports an allocation that fails.
  if (const int64_t available = available_memory_bytes(); available > 0) require_memory(options, available);
  MiningBenchmark result;
  result.threads = set_compute_threads(options.threads);
  const LabelledEmbeddings pool = clustered_embeddings(options);
  const bool online = options.pool == "online";
  online ? measure_online(options, pool, result) : measure_offline(options, pool, result);
  result.peak_gflops = measure_fma_peak_gflops(result.threads);
  const double batch = static_cast<double>(options.batch);
  const double flops = (online ? 2 : 1) * 2.0 * batch * batch * static_cast<double>(options.dim);
  result.fraction_of_peak = flops / (result.milliseconds * 1e6) / result.peak_gflops;
  return result;
}

}  // namespace massface
