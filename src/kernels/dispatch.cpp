#include "kernels/dispatch.h"

#include <fmt/ranges.h>
#include <hwy/highway.h>

#include "core/error.h"
#include "core/files.h"
#include "kernels/bfloat16_kernels.h"

namespace massface {

std::string vector_target() {
  const Bfloat16Kernels* kernels = bfloat16_kernels();
  return kernels != nullptr ? kernels->target : hwy::TargetName(hwy::SupportedAndGeneratedTargets().front());
}

std::vector<std::string> vector_targets() {
  std::vector<std::string> names;
  for (const Bfloat16Kernels* kernels : available_bfloat16_kernels()) names.emplace_back(kernels->target);
  for (const int64_t target : hwy::SupportedAndGeneratedTargets()) names.emplace_back(hwy::TargetName(target));
  return names;
}

void limit_vector_target(const std::string& name) {
  for (const Bfloat16Kernels* kernels : available_bfloat16_kernels()) {
    if (kernels->target == name) return use_bfloat16_kernels(kernels);
  }
  // The better of two targets has the lower bit.
  for (const int64_t target : hwy::SupportedAndGeneratedTargets()) {
    if (hwy::TargetName(target) != name) continue;
    use_bfloat16_kernels(nullptr);
    return hwy::DisableTargets(target - 1);
  }
  fail("vector instructions: {} is not one of {}, which this processor has.", printable(name),
       fmt::join(vector_targets(), ", "));
}

}  // namespace massface
