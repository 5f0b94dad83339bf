#pragma once

#include <string>

namespace massface {

// The vector instructions that our own kernels (Google Highway, chosen at run time) use on this processor:
// "AVX2", "AVX3", "AVX3_ZEN4", ...
std::string vector_target();

}  // namespace massface
