#include "sampling/similar_identities.h"

#include "core/error.h"

namespace massface {

std::vector<IdentityIndex> group_similar(const std::vector<IdentityIndex>& order, const IdentityNeighbours& neighbours,
                                         int64_t group) {
  check(group >= 1, "a group has at least one identity");
  std::vector<bool> left(neighbours.size(), false);
  for (const IdentityIndex identity : order) left[static_cast<size_t>(identity)] = true;
  std::vector<IdentityIndex> walk;
  walk.reserve(order.size());
  const auto take = [&](IdentityIndex identity) {
    if (!left[static_cast<size_t>(identity)]) return false;
    left[static_cast<size_t>(identity)] = false;
    walk.push_back(identity);
    return true;
  };
  int64_t room = 0;  // places left in the current group
  for (const IdentityIndex identity : order) {
    if (!take(identity)) continue;
    room = (room == 0 ? group : room) - 1;
    for (const IdentityIndex similar : neighbours[static_cast<size_t>(identity)]) {
      if (room == 0) break;
      if (take(similar)) --room;
    }
  }
  return walk;
}

}  // namespace massface
