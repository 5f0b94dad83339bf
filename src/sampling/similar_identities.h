#pragma once

#include <cstdint>
#include <vector>

#include "dataset/dataset.h"

namespace massface {

// For each identity of a dataset those that look most like it, the most similar first.
using IdentityNeighbours = std::vector<std::vector<IdentityIndex>>;

// The walk of an epoch rearranged so that similar identities follow each other: the first identity of `order` that is
// left, then those of its neighbours that are left, `group` identities in all (where its neighbours do not suffice, the
// next of `order`), and so on. Every identity of `order` occurs once. A pure function.
std::vector<IdentityIndex> group_similar(const std::vector<IdentityIndex>& order, const IdentityNeighbours& neighbours,
                                         int64_t group);

}  // namespace massface
