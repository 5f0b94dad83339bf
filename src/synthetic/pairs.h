#pragma once

#include <string>

#include "synthetic/dataset.h"

namespace massface {

inline constexpr int64_t kSyntheticFolds = 10;

// "test000007": the folder's name of a person that only the test part has.
std::string synthetic_test_name(int64_t test_identity);

// The text of pairs.txt: kSyntheticFolds folds of pairs_per_fold matched and as many mismatched pairs, none twice, each
// fold over people of its own. Throws Error when the test part is too small for that, with the smallest that would do.
std::string synthetic_pairs_text(const SyntheticDatasetOptions& options);

}  // namespace massface
