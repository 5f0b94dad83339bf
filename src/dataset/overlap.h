#pragma once

#include <string>
#include <vector>

#include "dataset/dataset.h"
#include "dataset/verification_pairs.h"

namespace massface {

// The names of the people who occur both in a training set and in a verification set, where a person is the folder of
// their images. Each once, in the order of their bytes. Someone trained on is recognised more easily, so whoever
// measures accuracy warns of them.
std::vector<std::string> overlapping_identities(const Dataset& training, const VerificationPairs& verification);

}  // namespace massface
