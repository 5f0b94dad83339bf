#pragma once

#include <string>
#include <vector>

namespace massface {

// Returns the vector instructions that our own kernels use on this processor, chosen at run time: the target of
// bfloat16_kernels() (kernels/bfloat16_kernels.h), for example "AMX_BF16" or "AVX3_BF16", or, if there is none, that of
// Google Highway, for example "AVX2" or "AVX3".
std::string vector_target();

// Returns the targets that both this processor and this program support, best first.
std::vector<std::string> vector_targets();

// From here on our kernels use no target better than `name`, one of vector_targets(): a newer processor then behaves
// like an older one. Names of bfloat16 products may also choose what is not the default on this processor. Throws Error
// for any other name. Must not be called while kernels run.
void limit_vector_target(const std::string& name);

}  // namespace massface
