#include "objective/objective_options.h"

namespace massface {

void BatchOptions::describe(OptionTable& table) {
  table.add("size", size, {.min = 2, .max = 1e6}, "Number of images in a batch of a classification phase.");
  table.add(
      "sub_batch", sub_batch, {.min = 0, .max = 1e6},
      "Number of images whose activations are held in memory at a time; 0 is the whole batch. A batch processed in "
      "parts has the same loss and gradient and takes a third longer; use this for batches that do not fit into "
      "memory. Needs batch_norm running or frozen.");
  table.add(
      "identities", by_identity.identities, {.min = 2, .max = 1e6},
      "Number of identities in a batch of a phase that draws identities: a triplet, joint, multi_similarity or supcon "
      "loss (P). More identities give each anchor more negatives.");
  table.add("images_per_identity", by_identity.images_per_identity, {.min = 1, .max = 1e4},
            "Number of images of each identity in such a batch (K). A triplet loss needs at least 2: otherwise no "
            "positive pair exists.");
  table.add("min_images", by_identity.min_images, {.min = 1, .max = 1e6},
            "Identities with fewer images than this are left out of such a phase.");
  table.add("similar_identities", by_identity.similar_identities, {.min = 0, .max = 1e4},
            "Size of the groups of similar identities in the batches of such a phase, found with the "
            "network at the start of the phase: with 4, a batch of 16 identities consists of four groups, whose "
            "negatives are hard. 0 draws identities without regard to similarity. Not available for the offline pool, "
            "which searches all identities.");
}

}  // namespace massface
