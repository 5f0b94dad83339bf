#pragma once

#include <string>
#include <vector>

namespace massface {

constexpr const char* kBfloat16Target = "AVX3_BF16";

// Returns the vector instructions that our own kernels (Google Highway, chosen at run time) use on this processor:
// "AVX2", "AVX3", ..., or kBfloat16Target if they also use its bfloat16 products.
std::string vector_target();

// Returns the targets that both this processor and this program support, best first.
std::vector<std::string> vector_targets();

// From here on our kernels use no target better than `name`, one of vector_targets(): a newer processor then behaves
// like an older one. Throws Error for any other name. Must not be called while kernels run.
void limit_vector_target(const std::string& name);

// Returns false after the kernels were limited to a target below "AVX3_BF16", or after forbid_bfloat16_products(true),
// which is for tests.
bool bfloat16_products_allowed();
void forbid_bfloat16_products(bool forbid);

}  // namespace massface
