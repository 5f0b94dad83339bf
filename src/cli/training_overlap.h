#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "evaluation/verification_set.h"

namespace massface {

// Opens the data set that the weights were trained on, according to the options.toml of their run directory. Returns
// null if `model` is neither a run directory nor in one, and, with a warning, if the options.toml or the data set
// cannot be read: the weights can be measured without them.
std::shared_ptr<const Dataset> open_training_set(const std::filesystem::path& model);

// Returns the printable names of the people of the pairs who are also in the training set, and logs a warning if there
// are any. training: null if it is not known; then nobody is returned.
std::vector<std::string> warn_of_overlap(const Dataset* training, const VerificationSet& set);

}  // namespace massface
