#include "evaluation/held_out_pairs.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>
#include <utility>

#include "core/error.h"
#include "core/files.h"
#include "core/log.h"
#include "core/random.h"
#include "kernels/unit_rows.h"
#include "pipeline/sized_decoder.h"

namespace massface {
namespace {

int64_t pairs_among(int64_t images) { return images * (images - 1) / 2; }

// Returns the number of matched pairs of each identity. The pairs are dealt out one at a time to the identities in a
// shuffled order, round after round, until `count` are dealt. count: at most the sum of pairs_among.
std::vector<int64_t> share_out(const Dataset& set, int64_t count, Random& random) {
  std::vector<IdentityIndex> open(static_cast<size_t>(set.num_identities()));
  std::iota(open.begin(), open.end(), 0);
  random.shuffle(open);
  std::vector<int64_t> share(open.size());
  while (count > 0) {
    std::erase_if(open,
                  [&](IdentityIndex i) { return share[static_cast<size_t>(i)] == pairs_among(set.num_images_of(i)); });
    for (const IdentityIndex identity : open) {
      if (count-- == 0) return share;
      ++share[static_cast<size_t>(identity)];
    }
  }
  return share;
}

// Returns `count` distinct numbers below `bound`, every set of them equally likely (Floyd; Bentley, CACM 30(9), 1987).
std::set<int64_t> draw_distinct(int64_t count, int64_t bound, Random& random) {
  std::set<int64_t> drawn;
  for (int64_t top = bound - count; top < bound; ++top) {
    const auto number = static_cast<int64_t>(random.below(static_cast<uint64_t>(top) + 1));
    if (!drawn.insert(number).second) drawn.insert(top);
  }
  return drawn;
}

// Returns the rank-th of the pairs (0,1), (0,2), (1,2), (0,3), ...: pairs of numbers below `second` precede its own.
std::pair<int64_t, int64_t> pair_of_rank(int64_t rank) {
  auto second = static_cast<int64_t>((1 + std::sqrt(1 + 8 * static_cast<double>(rank))) / 2);
  while (pairs_among(second) > rank) --second;  // the root is rounded
  while (pairs_among(second + 1) <= rank) ++second;
  return {rank - pairs_among(second), second};
}

std::vector<IndexPair> draw_matched(const Dataset& set, int64_t count, Random random) {
  const std::vector<int64_t> share = share_out(set, count, random);
  std::vector<IndexPair> pairs;
  for (IdentityIndex identity = 0; identity < set.num_identities(); ++identity) {
    const ImageIndex base = set.first_image_of(identity);
    const int64_t possible = pairs_among(set.num_images_of(identity));
    for (const int64_t rank : draw_distinct(share[static_cast<size_t>(identity)], possible, random)) {
      const auto [first, second] = pair_of_rank(rank);
      pairs.push_back({base + first, base + second, true});
    }
  }
  random.shuffle(pairs);  // so that an identity is spread over the folds
  return pairs;
}

std::vector<IndexPair> draw_mismatched(const Dataset& set, int64_t count, Random random) {
  std::vector<IndexPair> pairs;
  std::set<std::pair<ImageIndex, ImageIndex>> drawn;
  const auto images = static_cast<uint64_t>(set.size());
  while (std::ssize(pairs) < count) {
    const auto a = static_cast<ImageIndex>(random.below(images));
    const auto b = static_cast<ImageIndex>(random.below(images));
    if (set.identity_of(a) == set.identity_of(b) || !drawn.insert(std::minmax(a, b)).second) continue;
    pairs.push_back({std::min(a, b), std::max(a, b), false});
  }
  return pairs;
}

// Assigns the folds by position: the matched and the mismatched pairs are each divided evenly into one block per fold.
void assign_folds(std::vector<IndexPair>& pairs) {
  const int64_t matched = std::ranges::count(pairs, true, &IndexPair::same);
  const int64_t mismatched = std::ssize(pairs) - matched;
  const int64_t folds = std::min({int64_t{10}, matched, mismatched});
  int64_t position[2] = {0, 0};
  for (IndexPair& pair : pairs) {
    pair.fold = position[pair.same]++ * folds / (pair.same ? matched : mismatched);
  }
}

// Returns the images that the pairs name, ascending, and turns the pairs into indices into them.
std::vector<ImageIndex> compact(std::vector<IndexPair>& pairs) {
  std::map<ImageIndex, int64_t> row_of;
  for (const IndexPair& pair : pairs) row_of[pair.first] = row_of[pair.second] = 0;
  std::vector<ImageIndex> images;
  for (auto& [image, row] : row_of) {
    row = std::ssize(images);
    images.push_back(image);
  }
  for (IndexPair& pair : pairs) pair = {row_of.at(pair.first), row_of.at(pair.second), pair.same};
  return images;
}

}  // namespace

std::vector<IndexPair> make_held_out_pairs(const Dataset& held_out, int64_t count, uint64_t seed) {
  int64_t matched = 0;
  for (IdentityIndex i = 0; i < held_out.num_identities(); ++i) matched += pairs_among(held_out.num_images_of(i));
  const int64_t mismatched = pairs_among(held_out.size()) - matched;
  require(matched > 0 && mismatched > 0,
          "the held-out identities ({} with {} images) give {} matched and {} mismatched pairs; validation needs at "
          "least one of each: hold out more identities with at least two images",
          held_out.num_identities(), held_out.size(), matched, mismatched);
  count = std::min({count, matched, mismatched});
  std::vector<IndexPair> pairs = draw_matched(held_out, count, Random(seed, RandomStream::kValidationPairs, 0));
  const auto others = draw_mismatched(held_out, count, Random(seed, RandomStream::kValidationPairs, 1));
  pairs.insert(pairs.end(), others.begin(), others.end());
  return pairs;
}

VerificationResult verify_held_out(const Embedder& embedder, const Dataset& held_out, std::vector<IndexPair> pairs,
                                   const HeldOutOptions& options) {
  const std::vector<ImageIndex> images = compact(pairs);
  const EmbeddedImages embedded = embed_images(embedder, held_out, images,
                                               {.flip = options.flip,
                                                .other_size = options.other_size,
                                                .batch = options.batch,
                                                .progress = options.progress,
                                                .processes = options.processes});
  std::vector<bool> is_bad(images.size());
  for (const auto& bad : embedded.unreadable) is_bad[static_cast<size_t>(bad.image)] = true;
  const size_t left_out = std::erase_if(pairs, [&](const IndexPair& pair) {
    return is_bad[static_cast<size_t>(pair.first)] || is_bad[static_cast<size_t>(pair.second)];
  });
  if (left_out > 0) {
    const UnreadableImage& bad = embedded.unreadable.front();
    log_warning("validation leaves out {} pairs: {} held-out images are unreadable, such as {} ({})", left_out,
                embedded.unreadable.size(), printable(bad.name), printable(bad.reason));
  }
  assign_folds(pairs);
  return verify(pair_distances(unit_rows(embedded.embeddings), pairs), "held-out identities");
}

}  // namespace massface
