#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "dataset/dataset.h"
#include "evaluation/pair_distances.h"
#include "evaluation/verification.h"
#include "model/embed_images.h"

namespace massface {

// Returns pairs of images of `held_out`, a set of identities that training does not see: up to `count` matched and as
// many mismatched pairs, without duplicates, and fewer if the set has no more. They are a function of
// (seed, RandomStream::kValidationPairs) and of the set's shape. Matched pairs are spread evenly over the identities
// that have two images, so that an identity with many images does not dominate; mismatched pairs are uniform over the
// images. The fold of a pair is set by verify_held_out. Throws Error if the set has no matched or no mismatched pair.
std::vector<IndexPair> make_held_out_pairs(const Dataset& held_out, int64_t count, uint64_t seed);

struct HeldOutOptions {
  Flip flip = Flip::kNone;
  int64_t batch = 64;
  OtherSize other_size = OtherSize::kError;         // images of another size than the network's
  std::function<void(int64_t done)> progress = {};  // see EmbedImagesOptions; may throw
  std::shared_ptr<Processes> processes = single_process();
};

// Computes the verification result over these pairs, in 10 folds (fewer if there are fewer pairs) by their position.
// Pairs with an unreadable image are left out with a warning. The result compares checkpoints of one run with each
// other; it is not an estimate for the test set.
VerificationResult verify_held_out(const Embedder& embedder, const Dataset& held_out, std::vector<IndexPair> pairs,
                                   const HeldOutOptions& options);

}  // namespace massface
