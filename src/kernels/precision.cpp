#include "kernels/precision.h"

#include <fmt/format.h>

#include "kernels/bfloat16_kernels.h"

namespace massface {

std::vector<std::string> precision_names() { return {"auto", "fp32", "bf16"}; }

bool trains_in_bf16(const std::string& precision, at::Device device) {
  return precision == "bf16" || (precision == "auto" && device.is_cuda());
}

bool infers_in_bf16(const std::string& precision, at::Device device, const std::string& kernels) {
  if (precision == "fp32") return false;
  const bool by_pytorch = kernels == "reference" && precision == "bf16";
  return device.is_cuda() || by_pytorch || has_bfloat16_products();
}

std::string describe_precision(bool bf16, at::Device device, const std::string& kernels) {
  if (!bf16) return "fp32";
  if (device.is_cuda()) return "bf16";
  return fmt::format("bf16 ({})", kernels == "reference" ? "PyTorch" : describe_bfloat16_products());
}

}  // namespace massface
