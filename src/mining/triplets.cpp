#include "mining/triplets.h"

#include <ATen/ATen.h>

#include "core/error.h"

namespace massface {

Tensor to_table(const Triplets& triplets) {
  return at::stack({triplets.anchors, triplets.positives, triplets.negatives}, 1);
}

Triplets from_table(const Tensor& table) {
  check(table.scalar_type() == at::kLong && table.dim() == 2 && table.size(1) == 3, "triplets are int64 [T, 3]");
  return {table.select(1, 0).contiguous(), table.select(1, 1).contiguous(), table.select(1, 2).contiguous()};
}

}  // namespace massface
