#include "kernels/dispatch.h"

#include <fmt/ranges.h>
#include <hwy/highway.h>

#include "core/error.h"
#include "core/files.h"
#include "kernels/bfloat16_product.h"

namespace massface {

namespace {

bool allowed = true;

}  // namespace

bool bfloat16_products_allowed() { return allowed; }

void forbid_bfloat16_products(bool forbid) { allowed = !forbid; }

std::vector<std::string> vector_targets() {
  std::vector<std::string> names;
  if (has_bfloat16_products()) names.emplace_back(kBfloat16Target);
  for (const int64_t target : hwy::SupportedAndGeneratedTargets()) names.emplace_back(hwy::TargetName(target));
  return names;
}

void limit_vector_target(const std::string& name) {
  if (name == kBfloat16Target && has_bfloat16_products()) return;
  // The better of two targets has the lower bit.
  for (const int64_t target : hwy::SupportedAndGeneratedTargets()) {
    if (hwy::TargetName(target) != name) continue;
    forbid_bfloat16_products(true);
    return hwy::DisableTargets(target - 1);
  }
  fail("vector instructions: {} is not one of {}, which this processor has.", printable(name),
       fmt::join(vector_targets(), ", "));
}

}  // namespace massface
