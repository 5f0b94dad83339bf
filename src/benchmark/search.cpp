#include "benchmark/search.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "core/error.h"
#include "core/stopwatch.h"
#include "kernels/device.h"
#include "kernels/memory_bandwidth.h"
#include "kernels/unit_rows.h"
#include "tensor_file/npy.h"

namespace massface {
namespace {

Tensor read_rows(const std::string& file, const char* option) {
  require(!file.empty(), "benchmark search needs {}, an .npy file of float32 [N, D]", option);
  const Tensor rows = read_npy(file);
  require(rows.dim() == 2 && rows.scalar_type() == at::kFloat && rows.size(0) > 0 && rows.size(1) > 0,
          "{} {}: it holds {}, and float32 [N, D] is wanted", option, file, dtype_and_shape(rows));
  return unit_rows(rows);
}

double quantile(std::vector<double> values, double share) {
  std::ranges::sort(values);
  const auto last = static_cast<double>(values.size() - 1);
  return values[static_cast<size_t>(share * last + 0.5)];
}

}  // namespace

void SearchBenchmarkOptions::describe(OptionTable& table) {
  table.add("faces", faces, "The faces that are searched, an .npy file of float32 [N, D].");
  table.add("queries", queries, "The faces that are looked for, an .npy file of float32 [Q, D].");
  table.add("neighbours", neighbours, {.min = 1, .max = 1000}, "How many nearest faces of each are wanted.");
  table.add("threads", threads, {.min = 0, .max = 1024}, "Number of threads (0: one per available core).");
  table.add("repeats", repeats, {.min = 1, .max = 1000}, "How often all queries are made.");
}

SearchBenchmark benchmark_search(const SearchBenchmarkOptions& options) {
  SearchBenchmark result{.threads = set_compute_threads(options.threads)};
  PersonSearch search(1);
  {
    const Tensor faces = read_rows(options.faces, "--faces");
    result.faces = faces.size(0);
    result.dimensions = faces.size(1);
    const Stopwatch watch;
    search = PersonSearch(result.dimensions);
    search.reserve(result.faces);
    const auto* row = faces.const_data_ptr<float>();
    for (int64_t i = 0; i < result.faces; ++i) search.add(row + i * result.dimensions, i);
    result.build_seconds = watch.seconds();
  }
  const Tensor queries = read_rows(options.queries, "--queries");
  require(queries.size(1) == result.dimensions, "the queries are {}-d and the faces {}-d", queries.size(1),
          result.dimensions);
  const auto* query = queries.const_data_ptr<float>();
  search.search(query, options.neighbours);  // starts the threads
  double in_eight_bits = 0, in_float32 = 0, seconds = 0;
  for (int64_t repeat = 0; repeat < options.repeats; ++repeat) {
    result.found.clear();
    for (int64_t i = 0; i < queries.size(0); ++i) {
      PersonSearch::Work work;
      const Stopwatch watch;
      result.found.push_back(search.search(query + i * result.dimensions, options.neighbours, -1, &work));
      const double elapsed = watch.seconds();
      result.milliseconds.push_back(1e3 * elapsed);
      seconds += elapsed;
      in_eight_bits += static_cast<double>(work.in_eight_bits);
      in_float32 += static_cast<double>(work.in_float32);
    }
  }
  const auto searches = static_cast<double>(result.milliseconds.size());
  const auto faces = static_cast<double>(result.faces), dimensions = static_cast<double>(result.dimensions);
  result.p50 = quantile(result.milliseconds, 0.5);
  result.p99 = quantile(result.milliseconds, 0.99);
  result.share_in_eight_bits = in_eight_bits / searches / faces;
  result.share_in_float32 = in_float32 / searches / faces;
  result.bytes_per_query = faces * dimensions * (0.5 + 0.5 * result.share_in_eight_bits + 4 * result.share_in_float32);
  result.bytes_per_second = result.bytes_per_query * searches / seconds;
  result.memory_bytes_per_second = measure_memory_bandwidth(result.threads);
  return result;
}

}  // namespace massface
