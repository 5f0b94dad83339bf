#include "synthetic/pairs.h"

#include <algorithm>
#include <array>
#include <set>

#include "core/error.h"
#include "core/random.h"

namespace massface {
namespace {

// First person, image of the first, second person, image of the second. People are counted from 0, images from 1.
using PairKey = std::array<int64_t, 4>;

// Throws Error unless the smallest fold has enough people for its matched and its mismatched pairs.
void require_enough_pairs(const SyntheticDatasetOptions& options) {
  const int64_t images = options.test_images_per_identity;
  const auto enough = [&](int64_t people_per_fold) {
    return people_per_fold * images * (images - 1) / 2 >= options.pairs_per_fold &&
           people_per_fold * (people_per_fold - 1) / 2 * images * images >= options.pairs_per_fold;
  };
  if (enough(options.test_identities / kSyntheticFolds)) return;
  int64_t people = 2;
  while (!enough(people)) ++people;
  fail(
      "pairs_per_fold = {}: {} test people with {} images each have fewer different pairs per fold. Raise "
      "--test-identities to {}, or lower --pairs-per-fold.",
      options.pairs_per_fold, options.test_identities, images, people * kSyntheticFolds);
}

PairKey draw_matched(Random& random, int64_t first_person, int64_t people, int64_t images) {
  const int64_t person = first_person + static_cast<int64_t>(random.below(static_cast<uint64_t>(people)));
  const int64_t a = static_cast<int64_t>(random.below(static_cast<uint64_t>(images)));
  // Draws the second image among the others, so that no draw is rejected for repeating the first.
  int64_t b = static_cast<int64_t>(random.below(static_cast<uint64_t>(images - 1)));
  if (b >= a) ++b;
  return {person, std::min(a, b) + 1, person, std::max(a, b) + 1};
}

PairKey draw_mismatched(Random& random, int64_t first_person, int64_t people, int64_t images) {
  const int64_t p = static_cast<int64_t>(random.below(static_cast<uint64_t>(people)));
  int64_t q = static_cast<int64_t>(random.below(static_cast<uint64_t>(people - 1)));
  if (q >= p) ++q;
  const int64_t a = static_cast<int64_t>(random.below(static_cast<uint64_t>(images)));
  const int64_t b = static_cast<int64_t>(random.below(static_cast<uint64_t>(images)));
  return {first_person + std::min(p, q), a + 1, first_person + std::max(p, q), b + 1};
}

}  // namespace

std::string synthetic_test_name(int64_t test_identity) { return fmt::format("test{:06}", test_identity); }

std::string synthetic_pairs_text(const SyntheticDatasetOptions& options) {
  require_enough_pairs(options);
  std::string text = fmt::format("{}\t{}\n", kSyntheticFolds, options.pairs_per_fold);
  for (int64_t fold = 0; fold < kSyntheticFolds; ++fold) {
    const int64_t first = fold * options.test_identities / kSyntheticFolds;
    const int64_t people = (fold + 1) * options.test_identities / kSyntheticFolds - first;
    Random random(static_cast<uint64_t>(options.seed), RandomStream::kSyntheticPairs, static_cast<uint64_t>(fold));
    std::set<PairKey> matched;
    while (static_cast<int64_t>(matched.size()) < options.pairs_per_fold) {
      matched.insert(draw_matched(random, first, people, options.test_images_per_identity));
    }
    std::set<PairKey> mismatched;
    while (static_cast<int64_t>(mismatched.size()) < options.pairs_per_fold) {
      mismatched.insert(draw_mismatched(random, first, people, options.test_images_per_identity));
    }
    for (const auto& [person, a, same, b] : matched)
      text += fmt::format("{}\t{}\t{}\n", synthetic_test_name(person), a, b);
    for (const auto& [p, a, q, b] : mismatched) {
      text += fmt::format("{}\t{}\t{}\t{}\n", synthetic_test_name(p), a, synthetic_test_name(q), b);
    }
  }
  return text;
}

}  // namespace massface
