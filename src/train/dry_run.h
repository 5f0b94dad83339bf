#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "recipe/recipe.h"
#include "train/process_load.h"

namespace massface {

struct PhaseForecast {
  std::string name;
  int64_t steps = 0;
  int64_t images = 0;
  double seconds_per_step = 0;  // of one process with all threads, without what it waits for others
  ProcessLoad load;             // of each of the processes that were asked about
};

// The forecast of a training run on this machine.
struct DryRun {
  Recipe recipe;  // resolved
  int64_t identities = 0;
  int64_t images = 0;
  int64_t network_parameters = 0;
  int64_t embedding_size = 0;
  int64_t processes = 1;
  int64_t peak_memory_bytes = 0;  // of one process, or of its GPU, after the measured steps
  std::vector<PhaseForecast> phases;
  double seconds = 0;  // of all phases, as seconds_per_step
};

// Opens the data set and trains a few steps of each phase on a throw-away model, since time and memory can only be
// measured. Writes nothing. processes: how many are to share the training; this process does what the first of them
// would. Throws Error as the training would.
DryRun dry_run(const Recipe& recipe, int64_t processes = 1);

}  // namespace massface
