#pragma once

#include <cstdint>
#include <string>

#include "core/options.h"
#include "loss/triplet_loss_options.h"
#include "mining/mining_options.h"

namespace massface {

struct MiningBenchmarkOptions {
  std::string strategy = MiningOptions().strategy;
  std::string pool = "online";
  int64_t batch = 840;
  int64_t dim = 512;
  int64_t images_per_identity = 4;
  double margin = TripletLossOptions().margin;
  int64_t threads = 0;
  double seconds = 5;

  void describe(OptionTable& table);
};

// The peak memory of the measurement, in bytes. Online: the B x B matrix of the loss, the two matrices of the products
// and the embeddings; offline: the embeddings.
int64_t memory_needed_bytes(const MiningBenchmarkOptions& options);

// Throws Error if the measurement does not fit into the memory; the message states how much is needed, how much is
// available, and what to do.
void require_memory(const MiningBenchmarkOptions& options, int64_t available_bytes);

struct MiningBenchmark {
  int64_t threads = 0;
  int64_t repeats = 0;
  double milliseconds = 0;  // median; online: selection + loss + backward; offline: making the list of triplets
  double products_milliseconds = 0;  // online: only LibTorch's B x B x D product, forward and one backward
  int64_t selected = 0;
  double loss = 0;
  double peak_gflops = 0;       // measured in the same run (kernels/fma_peak.h)
  double fraction_of_peak = 0;  // 2 B^2 D FLOPs per product; two products online, one offline
  int64_t peak_memory_bytes = 0;
};

// Measures mining on embeddings such as a half-trained network produces: each identity is scattered around its centre,
// and the centres are so close that a fifth of all triplets violate the margin. Our work and the bare products take
// turns; both times are medians of the repeats. Throws what require_memory() throws.
MiningBenchmark benchmark_mining(const MiningBenchmarkOptions& options);

}  // namespace massface
