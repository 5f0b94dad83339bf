#include "align/dense_layer.h"

namespace massface {

void DenseLayer::run(const float* rows, int64_t count, float* out) const {
  ReadAhead nothing;
  const ProductEnds ends{.add = false, .bias = bias.data(), .slope = slope.empty() ? nullptr : slope.data()};
  multiply_block(rows, weight, count, out, ends, nothing);
}

}  // namespace massface
