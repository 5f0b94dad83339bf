#pragma once

#include <string>
#include <vector>

namespace massface {

constexpr const char* kBfloat16Target = "AVX3_BF16";

// The vector instructions that our own kernels (Google Highway, chosen at run time) use on this processor:
// "AVX2", "AVX3", ..., or kBfloat16Target where its bfloat16 products are used besides.
std::string vector_target();

// Those that this processor and this program have, the best first.
std::vector<std::string> vector_targets();

// Our kernels use none better than `name`, one of vector_targets(), from here on: an older processor on a newer one.
// Throws Error for another name. Not while kernels run.
void limit_vector_target(const std::string& name);

// False once they were limited to a target below "AVX3_BF16", or by forbid_bfloat16_products(true), for tests.
bool bfloat16_products_allowed();
void forbid_bfloat16_products(bool forbid);

}  // namespace massface
