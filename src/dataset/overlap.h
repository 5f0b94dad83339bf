#pragma once

#include <string>
#include <vector>

#include "dataset/dataset.h"
#include "dataset/verification_pairs.h"

namespace massface {

// Returns the names of the people who occur in both a training set and a verification set, each once, sorted by their
// bytes. A person is identified by the folder of their images. Someone trained on is recognised more easily, so code
// that measures accuracy warns about them.
std::vector<std::string> overlapping_identities(const Dataset& training, const VerificationPairs& verification);

}  // namespace massface
