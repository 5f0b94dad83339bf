#pragma once

#include <string>

#include "dataset/inspect.h"

namespace massface {

// Runs massface inspect on a file of triplets. dataset: the set that the triplets index, whose fingerprint is compared
// and whose image names are shown; empty if not given. options: how it is opened. Throws Error if the file holds no
// triplets, and if they were selected from another set.
void inspect_triplets_file(const std::string& path, const std::string& dataset, const InspectOptions& options,
                           bool as_json);

}  // namespace massface
