#pragma once

#include <string>

#include "synthetic/dataset.h"

namespace massface {

inline constexpr int64_t kSyntheticFolds = 10;

// The folder name of a person who is only in the test part: "test000007".
std::string synthetic_test_name(int64_t test_identity);

// Returns the text of pairs.txt: kSyntheticFolds folds of pairs_per_fold matched and as many mismatched pairs. No pair
// occurs twice, and no person occurs in two folds. Throws Error if the test part is too small; the message names the
// smallest sufficient number of people.
std::string synthetic_pairs_text(const SyntheticDatasetOptions& options);

}  // namespace massface
