#include "kernels/precision.h"

#include <fmt/format.h>

#include "kernels/bfloat16_kernels.h"

namespace massface {

std::vector<std::string> precision_names() { return {"auto", "fp32", "bf16"}; }

bool trains_in_bf16(const std::string& precision, at::Device device) {
  return precision == "bf16" || (precision == "auto" && device.is_cuda());
}

bool infers_in_bf16(const std::string& precision, at::Device device) {
  return precision != "fp32" && (device.is_cuda() || has_bfloat16_products());
}

std::string describe_precision(bool bf16, at::Device device) {
  if (!bf16) return "fp32";
  return device.is_cuda() ? "bf16" : fmt::format("bf16 ({})", describe_bfloat16_products());
}

}  // namespace massface
