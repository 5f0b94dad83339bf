#pragma once

#include <vector>

#include "dataset/dataset.h"

namespace massface {

// Maps a selection of identities (select_identities()) back to the set that it was made from: returns the index in
// `whole` of every image of `part`. [part.size()], ascending.
std::vector<ImageIndex> indices_in(const Dataset& whole, const Dataset& part);

}  // namespace massface
