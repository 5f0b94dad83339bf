#include "objective/objective_options.h"

namespace massface {

void BatchOptions::describe(OptionTable& table) {
  table.add("size", size, {.min = 2}, "Images in a batch of a classification phase.");
  table.add(
      "sub_batch", sub_batch, {.min = 0},
      "Images whose activations are held in memory at a time; 0 is the whole batch. A batch in parts has the same "
      "loss and gradient and takes a third longer: for batches that do not fit. Needs batch_norm running or "
      "frozen.");
  table.add("identities", by_identity.identities, {.min = 2},
            "Identities in a batch of a triplet or joint phase (P). More gives each anchor more negatives.");
  table.add("images_per_identity", by_identity.images_per_identity, {.min = 1},
            "Images of each identity in such a batch (K); at least 2, or no positive pair exists.");
  table.add("min_images", by_identity.min_images, {.min = 1},
            "Identities with fewer images are left out of a triplet or joint phase.");
  table.add("similar_identities", by_identity.similar_identities, {.min = 0},
            "In a triplet or joint phase so many identities that look alike follow each other in a batch, by the "
            "network of the phase's start: 4 makes 16 identities four groups, whose negatives are hard. 0 takes them "
            "as they come. Not for the offline pool, which searches all identities.");
}

}  // namespace massface
