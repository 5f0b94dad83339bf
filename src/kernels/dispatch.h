#pragma once

#include <string>
#include <vector>

namespace massface {

// The vector instructions that our own kernels (Google Highway, chosen at run time) use on this processor:
// "AVX2", "AVX3", "AVX3_ZEN4", ...
std::string vector_target();

// Those that this processor and this program have, the best first.
std::vector<std::string> vector_targets();

// Our kernels use none better than `name`, one of vector_targets(), from here on: an older processor on a newer one.
// Throws Error for another name. Not while kernels run.
void limit_vector_target(const std::string& name);

}  // namespace massface
