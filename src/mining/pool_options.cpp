#include "mining/pool_options.h"

#include "core/error.h"

namespace massface {
namespace {

// Embedding a set costs a third of training on it once. With twenty images per identity and batches of four, five walks
// of the identity list train on as many images as the set has.
constexpr int64_t kRoundEpochs = 5;

// Above this, an exact search takes minutes on a CPU, and its time grows with the square of the number of images.
constexpr int64_t kMostSearchedExactly = 200'000;

}  // namespace

void PoolOptions::describe(OptionTable& table) {
  table.add_choice(
      "pool", pool, {"online", "semi_online", "offline"},
      "What triplets are selected from. online: the current batch. semi_online: `scale` batches that are embedded "
      "beforehand. offline: the whole training set, embedded again in each round.");
  table.add(
      "scale", scale, {.min = 1, .max = 10000},
      "semi_online: number of P x K batches in a pool. Its images stay in memory as bytes: 640 images of 112 x 112 "
      "pixels take 24 MB.");
  table.add("round_epochs", round_epochs, {.min = 0, .max = 1e6},
            "offline: length of a round in epochs (walks of the identity list), after which the set is embedded and "
            "searched again. Alternatively, set round_steps; if neither is set, a round has 5 epochs.");
  table.add("round_steps", round_steps, {.min = 0, .max = 1e9},
            "offline: length of a round in steps. Alternatively, set round_epochs.");
  table.add("sample_identities", sample_identities, {.min = 0, .max = 1e9},
            "offline: number of identities in each round, drawn by the seed; 0: all.");
  table.add_choice(
      "search", search, {"auto", "exact", "approximate"},
      "semi_online and offline. exact: look at every pair of images. approximate: only at each anchor's `candidates` "
      "nearest images of other identities, found by an approximate index. auto: exact up to 200,000 images.");
  table.add("candidates", candidates, {.min = 1, .max = 100000},
            "Approximate search: number of images of other identities per anchor.");
}

void PoolOptions::validate() const {
  require(round_epochs == 0 || round_steps == 0,
          "mining.round_epochs is {} and mining.round_steps is {}: a round has one length; set only one of them",
          round_epochs, round_steps);
  require(sample_identities != 1,
          "mining.sample_identities is 1: a triplet needs a negative, so it must be at least 2, or 0 for all");
}

bool PoolOptions::approximate(int64_t images) const {
  return search == "approximate" || (search == "auto" && images > kMostSearchedExactly);
}

int64_t PoolOptions::steps_of_round(int64_t steps_per_epoch) const {
  if (round_steps > 0) return round_steps;
  return (round_epochs > 0 ? round_epochs : kRoundEpochs) * steps_per_epoch;
}

}  // namespace massface
