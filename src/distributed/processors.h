#pragma once

#include <cstdint>
#include <vector>

namespace massface {

// The processors that this process may use (its affinity mask), in order.
std::vector<int> own_processors();

// Restricts this process to some of them: the calling thread, and those that it starts later.
void keep_processors(const std::vector<int>& processors);

// Returns the processors that the process `rank` of `size` may use, of those that are `available`, in order: its share,
// or one of them if there are fewer than processes. cores: how many of them may be used at a time (a container's
// quota); the others are left out, evenly.
std::vector<int> processors_of(int64_t rank, int64_t size, const std::vector<int>& available, int64_t cores);

}  // namespace massface
