#pragma once

#include <cstdint>
#include <vector>

#include "dataset/dataset.h"

namespace massface {

// For each identity of a dataset, the identities that look most like it, most similar first.
using IdentityNeighbours = std::vector<std::vector<IdentityIndex>>;

// Rearranges the walk of an epoch so that similar identities follow each other: the first remaining identity of
// `order`, then its remaining neighbours, up to `group` identities in all, and so on. If its neighbours do not fill the
// group, the next identity of `order` and its neighbours continue it. Every identity of `order` occurs once. A pure
// function.
std::vector<IdentityIndex> group_similar(const std::vector<IdentityIndex>& order, const IdentityNeighbours& neighbours,
                                         int64_t group);

}  // namespace massface
