#pragma once

#include <cstdint>
#include <string>

#include "core/options.h"

namespace massface {

// The images that a strategy selects from; see docs/mining.md, "Pools".
struct PoolOptions {
  std::string pool = "online";
  int64_t scale = 10;
  int64_t round_epochs = 0;
  int64_t round_steps = 0;
  int64_t sample_identities = 0;
  std::string search = "auto";
  int64_t candidates = 256;

  // Adds the options to the group of the mining options.
  void describe(OptionTable& table);

  // Throws Error for options that do not fit together.
  void validate() const;

  // Returns true if a pool of `images` images is searched by an approximate index.
  bool approximate(int64_t images) const;

  // Returns the number of steps in a round of the offline pool. steps_per_epoch: that of the phase.
  int64_t steps_of_round(int64_t steps_per_epoch) const;
};

}  // namespace massface
