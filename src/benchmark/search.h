#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/options.h"
#include "gallery/person_search.h"

namespace massface {

struct SearchBenchmarkOptions {
  std::string faces;    // an .npy file, float32 [N, D]
  std::string queries;  // an .npy file, float32 [Q, D]
  int64_t neighbours = 2;
  int64_t threads = 0;
  int64_t repeats = 3;

  void describe(OptionTable& table);
};

struct SearchBenchmark {
  int64_t threads = 0;
  int64_t faces = 0, dimensions = 0;
  double build_seconds = 0;          // rounding and copying the faces
  std::vector<double> milliseconds;  // of each query, the repeats one after the other
  double p50 = 0, p99 = 0;           // of them
  // What was looked at in eight bits and in float32, of the faces, on average.
  double share_in_eight_bits = 0, share_in_float32 = 0;
  double bytes_per_query = 0;  // read from memory, on average
  double bytes_per_second = 0;
  double memory_bytes_per_second = 0;           // measured in this run (kernels/memory_bandwidth.h)
  std::vector<std::vector<FoundPerson>> found;  // for each query; a face counts as a person
};

// Searches for the nearest faces of each query, one query at a time, as `massface gallery identify` does. Both files
// are scaled to unit length. Throws Error for files of other shapes.
SearchBenchmark benchmark_search(const SearchBenchmarkOptions& options);

}  // namespace massface
