#include "mining/pool_options.h"

#include "core/error.h"

namespace massface {
namespace {

// Embedding a set costs a third of training on it once, which is what five walks of the identity list come to where an
// identity has twenty images.
constexpr int64_t kRoundEpochs = 5;

// Above, an exact search takes minutes on a CPU and grows with the square.
constexpr int64_t kMostSearchedExactly = 200'000;

}  // namespace

void PoolOptions::describe(OptionTable& table) {
  table.add_choice(
      "pool", pool, {"online", "semi_online", "offline"},
      "What triplets are selected from: the batch in hand, `scale` batches that are embedded beforehand, or "
      "the whole training set, embedded anew each round.");
  table.add("scale", scale, {.min = 1, .max = 10000},
            "semi_online: so many P x K batches are one pool. Its images stay in memory as bytes: 640 of 112 x 112 "
            "pixels are "
            "24 MB.");
  table.add("round_epochs", round_epochs, {.min = 0},
            "offline: the set is embedded and searched anew every so many epochs (walks of the identity list). Or give "
            "round_steps; neither is 5 epochs.");
  table.add("round_steps", round_steps, {.min = 0}, "offline: the same in steps. Or give round_epochs.");
  table.add("sample_identities", sample_identities, {.min = 0},
            "offline: each round takes so many identities, drawn by the seed; 0 takes all.");
  table.add_choice(
      "search", search, {"auto", "exact", "approximate"},
      "semi_online and offline: look at every pair of images, or only at each anchor's `candidates` nearest "
      "others by an approximate index; auto is exact up to 200,000 images.");
  table.add("candidates", candidates, {.min = 1, .max = 100000},
            "Of an approximate search: so many images of other identities an anchor.");
}

void PoolOptions::validate() const {
  require(round_epochs == 0 || round_steps == 0,
          "mining.round_epochs is {} and mining.round_steps is {}: a round has one length; give one of them",
          round_epochs, round_steps);
  require(sample_identities != 1,
          "mining.sample_identities is 1: a triplet needs a negative, so at least 2, or 0 for all");
}

bool PoolOptions::approximate(int64_t images) const {
  return search == "approximate" || (search == "auto" && images > kMostSearchedExactly);
}

int64_t PoolOptions::steps_of_round(int64_t steps_per_epoch) const {
  if (round_steps > 0) return round_steps;
  return (round_epochs > 0 ? round_epochs : kRoundEpochs) * steps_per_epoch;
}

}  // namespace massface
