#include "kernels/bfloat16_kernels.h"

namespace massface {
namespace {

bool is_amd_processor() {
#if defined(__x86_64__)
  return __builtin_cpu_is("amd") != 0;
#else
  return false;
#endif
}

const Bfloat16Kernels*& in_use() {
  static const Bfloat16Kernels* kernels =
      best_bfloat16_kernels({.tiles = tile_kernels(), .dots = dot_product_kernels(), .is_amd = is_amd_processor()});
  return kernels;
}

}  // namespace

const Bfloat16Kernels* best_bfloat16_kernels(const Bfloat16Choices& choices) {
  if (choices.tiles != nullptr) return choices.tiles;
  return choices.is_amd ? choices.dots : nullptr;
}

std::vector<const Bfloat16Kernels*> available_bfloat16_kernels() {
  std::vector<const Bfloat16Kernels*> available;
  for (const Bfloat16Kernels* kernels : {tile_kernels(), dot_product_kernels()}) {
    if (kernels != nullptr) available.push_back(kernels);
  }
  return available;
}

const Bfloat16Kernels* bfloat16_kernels() { return in_use(); }

void use_bfloat16_kernels(const Bfloat16Kernels* kernels) { in_use() = kernels; }

std::string describe_bfloat16_products() {
  const Bfloat16Kernels* kernels = bfloat16_kernels();
  return kernels != nullptr ? kernels->description : "float32 products of bfloat16 numbers";
}

}  // namespace massface
