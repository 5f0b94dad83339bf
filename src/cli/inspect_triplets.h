#pragma once

#include <string>

namespace massface {

// massface inspect on a file of triplets. dataset: the set they index, whose fingerprint is compared and which gives
// images their names; empty: none. Throws Error for a file that is none, and for another set.
void inspect_triplets_file(const std::string& path, const std::string& dataset, bool use_cache, bool as_json);

}  // namespace massface
