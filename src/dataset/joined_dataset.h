#pragma once

#include <memory>
#include <vector>

#include "dataset/dataset.h"

namespace massface {

// Joins several sets into one. Identities with the same name become one identity, whose images come set by set. Keeps
// the sets alive.
std::shared_ptr<const Dataset> join_datasets(std::vector<std::shared_ptr<const Dataset>> sets);

}  // namespace massface
