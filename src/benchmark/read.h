#pragma once

#include <cstdint>
#include <string>

namespace massface {

// How fast a face set is opened and the bytes of its images are read, without decoding.
struct ReadBenchmark {
  double open_seconds;                  // of one call of open_dataset(), the first in this process
  double sequential_images_per_second;  // in the set's order; all threads together, each starting at its own place
  double sequential_bytes_per_second;   // of the same reads
  double random_images_per_second;      // all threads together, each reading anywhere in the set
  double random_bytes_per_second;
  double memory_bytes_per_second;  // the limit: summing 256 MB of memory with as many threads
  int64_t images;                  // in the set
};

// Reads images and touches every byte, in order and at random for `seconds` each. A pass over the set, of at most
// 10 * seconds, warms the system's page cache before. threads: at least 1. Throws Error as open_dataset does, and for
// an image that cannot be read.
ReadBenchmark benchmark_read(const std::string& dataset, int64_t threads, double seconds);

}  // namespace massface
