#include "kernels/dispatch.h"

#include <fmt/ranges.h>
#include <hwy/highway.h>

#include "core/error.h"
#include "core/files.h"

namespace massface {

std::vector<std::string> vector_targets() {
  std::vector<std::string> names;
  for (const int64_t target : hwy::SupportedAndGeneratedTargets()) names.emplace_back(hwy::TargetName(target));
  return names;
}

void limit_vector_target(const std::string& name) {
  // Of two targets the better has the lower bit.
  for (const int64_t target : hwy::SupportedAndGeneratedTargets()) {
    if (hwy::TargetName(target) == name) return hwy::DisableTargets(target - 1);
  }
  fail("vector instructions: {} is none of {}, which this processor has.", printable(name),
       fmt::join(vector_targets(), ", "));
}

}  // namespace massface
