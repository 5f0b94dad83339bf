#pragma once

#include <cstdint>
#include <string>

#include "core/options.h"

namespace massface {

// Which images a strategy selects from; docs/mining.md, "Pools".
struct PoolOptions {
  std::string pool = "online";
  int64_t scale = 10;
  int64_t round_epochs = 0;
  int64_t round_steps = 0;
  int64_t sample_identities = 0;
  std::string search = "auto";
  int64_t candidates = 256;

  // In the group of the mining options.
  void describe(OptionTable& table);

  // Throws Error for options that do not fit together.
  void validate() const;

  // Whether a pool of so many images is searched by an approximate index.
  bool approximate(int64_t images) const;

  // Of the offline pool. steps_per_epoch: of the phase.
  int64_t steps_of_round(int64_t steps_per_epoch) const;
};

}  // namespace massface
