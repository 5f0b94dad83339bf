#pragma once

// This header is also compiled by nvcc.
namespace massface {

// If |x|^2 + |y|^2 - 2 x.y is less than this fraction of |x|^2 + |y|^2, cancellation has destroyed all but three digits
// of a float32, and the squared distance is summed from the differences instead. This holds on every device.
constexpr float kNear = 1e-4f;

}  // namespace massface
