#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace massface {

// Parses folds that are counted from 1, such as "1-5", "1,3" or "2-4,7". Returns them 0-based, ascending, each once;
// all folds for an empty text. Throws Error for anything else and for a fold above num_folds.
std::vector<int64_t> parse_folds(const std::string& text, int64_t num_folds);

// The inverse of parse_folds, for 0-based ascending folds: "fold 3", "folds 1-5", "folds 1,3-4".
std::string folds_phrase(const std::vector<int64_t>& folds);

}  // namespace massface
