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

// What the measurement holds at its largest. Online: the B x B matrix of the loss, the two of the products beside it
// and the embeddings; offline: the embeddings.
int64_t memory_needed_bytes(const MiningBenchmarkOptions& options);

// Throws Error that says how much is needed and how much is there, and what to do, where the measurement does not fit.
void require_memory(const MiningBenchmarkOptions& options, int64_t available_bytes);

struct MiningBenchmark {
  int64_t threads = 0;
  int64_t repeats = 0;
  double milliseconds = 0;           // online: selection + loss + backward; offline: the list of triplets
  double products_milliseconds = 0;  // online: LibTorch's B x B x D product forward and one backward, alone
  int64_t selected = 0;
  double loss = 0;
  double peak_gflops = 0;       // measured in the same run (kernels/fma_peak.h)
  double fraction_of_peak = 0;  // 2 B^2 D FLOPs a product: two online, one offline
  int64_t peak_memory_bytes = 0;
};

// Embeddings as a half-trained network gives them: identities around their centres, so near that a fifth
// of all triplets violate. Median of the repeats, ours and the products in turns. Throws what require_memory() throws.
MiningBenchmark benchmark_mining(const MiningBenchmarkOptions& options);

}  // namespace massface
