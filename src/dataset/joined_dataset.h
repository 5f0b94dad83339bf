#pragma once

#include <memory>
#include <vector>

#include "dataset/dataset.h"
#include "dataset/same_names.h"

namespace massface {

// Joins several sets into one. Identities with the same name become one identity, whose images come set by set, unless
// same_names keeps them apart: then every identity is called ROOT:NAME, where ROOT is the end of the set's path
// (distinct_ends()). Unless same_names merges them, this also holds for the identities of a set that numbers them.
// Throws Error if names are shared and same_names would have to say what they mean. Keeps the sets alive.
std::shared_ptr<const Dataset> join_datasets(std::vector<JoinedPart> parts, SameNames same_names);

}  // namespace massface
