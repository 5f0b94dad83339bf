#pragma once

// Read by nvcc too.
namespace massface {

// Where less than this part of |x|^2 + |y|^2 is left of |x|^2 + |y|^2 - 2 x.y, cancellation has taken all but three
// digits of a float32: the squared distance is then summed from the differences. On every device.
constexpr float kNear = 1e-4f;

}  // namespace massface
