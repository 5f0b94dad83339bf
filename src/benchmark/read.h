#pragma once

#include <cstdint>
#include <string>

namespace massface {

// How fast a face set is opened, and its images' bytes come; they are not decoded.
struct ReadBenchmark {
  double open_seconds;                  // of one open_dataset(), the first in this process
  double sequential_images_per_second;  // in the set's order, by the threads together, each a part of it
  double sequential_bytes_per_second;   // of the same
  double random_images_per_second;      // each thread anywhere in the set
  double random_bytes_per_second;
  double memory_bytes_per_second;  // the limit: a sum over 256 MB of memory, by as many threads
  int64_t images;                  // of the set
};

// Reads images and looks at every byte, for so many seconds each way, after one pass over the set (or as much of it as
// can be read in that time) that warms the system's page cache. threads: at least 1. Throws Error as open_dataset does,
// and for an image that cannot be read.
ReadBenchmark benchmark_read(const std::string& dataset, int64_t threads, double seconds);

}  // namespace massface
