#pragma once

#include <cstdint>
#include <vector>

#include "dataset/dataset.h"
#include "evaluation/pair_distances.h"
#include "evaluation/verification.h"
#include "model/embedder.h"

namespace massface {

// Pairs of images of `held_out`, a set of identities that training does not see: up to `count` matched and as many
// mismatched ones, no pair twice, a function of (seed, RandomStream::kValidationPairs) and of the set's shape. Matched
// pairs are spread evenly over the identities that have two images, so that one with many does not decide alone;
// mismatched pairs are uniform over the images. Fewer than `count` where the set has no more. The fold of a pair is set
// by verify_held_out. Throws Error when the set has no matched or no mismatched pair.
std::vector<IndexPair> make_held_out_pairs(const Dataset& held_out, int64_t count, uint64_t seed);

struct HeldOutOptions {
  Flip flip = Flip::kNone;
  int64_t batch = 64;
  bool resize = false;  // images of another size than the network's; otherwise they are Error
};

// Verification over these pairs, in 10 folds (fewer when there are fewer pairs) by their position. Unreadable images
// are left out with a warning. Compares checkpoints of one run with each other; it says nothing about the test set.
VerificationResult verify_held_out(const Embedder& embedder, const Dataset& held_out, std::vector<IndexPair> pairs,
                                   const HeldOutOptions& options);

}  // namespace massface
