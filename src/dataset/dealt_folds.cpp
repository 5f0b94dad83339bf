#include "dataset/dealt_folds.h"

#include <algorithm>
#include <array>

namespace massface {
namespace {

// The fold of a pair if `count` pairs are divided in order among `folds` folds; the first count % folds get one more.
int64_t fold_of(int64_t pair, int64_t count, int64_t folds) {
  const int64_t small = count / folds;
  const int64_t large_folds = count % folds;
  const int64_t in_large = large_folds * (small + 1);
  return pair < in_large ? pair / (small + 1) : large_folds + (pair - in_large) / small;
}

bool every_fold_has_both(const std::vector<bool>& same, int64_t folds) {
  std::vector<std::array<bool, 2>> has(static_cast<size_t>(folds));
  for (size_t i = 0; i < same.size(); ++i) {
    const int64_t fold = fold_of(static_cast<int64_t>(i), std::ssize(same), folds);
    has[static_cast<size_t>(fold)][same[i] ? 1 : 0] = true;
  }
  return std::ranges::all_of(has, [](const auto& kinds) { return kinds[0] && kinds[1]; });
}

}  // namespace

std::vector<int64_t> dealt_folds(const std::vector<bool>& same) {
  const int64_t count = std::ssize(same), matched = std::ranges::count(same, true), mismatched = count - matched;
  const int64_t ten = std::min<int64_t>(10, count);
  const bool consecutive = every_fold_has_both(same, ten);
  const int64_t folds = consecutive ? ten : std::max<int64_t>(1, std::min({ten, matched, mismatched}));
  std::vector<int64_t> result;
  int64_t position[2] = {0, 0};  // among all pairs of a kind
  for (const bool matches : same) {
    const int64_t of_kind = position[matches]++;
    result.push_back(consecutive ? fold_of(std::ssize(result), count, ten)
                                 : of_kind * folds / (matches ? matched : mismatched));
  }
  return result;
}

}  // namespace massface
