#pragma once

#include <memory>
#include <vector>

#include "dataset/dataset.h"

namespace massface {

// Several sets as one: identities of one name are one identity, whose images come set by set. Keeps them alive.
std::shared_ptr<const Dataset> join_datasets(std::vector<std::shared_ptr<const Dataset>> sets);

}  // namespace massface
