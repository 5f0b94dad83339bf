#pragma once

#include <vector>

#include "dataset/dataset.h"

namespace massface {

// Where the images of a selection of identities (select_identities) are in the set that it was made from:
// [part.size()], ascending.
std::vector<ImageIndex> indices_in(const Dataset& whole, const Dataset& part);

}  // namespace massface
