#include "kernels/bfloat16_kernels.h"

namespace massface {
namespace {

bool dot_products_beat_floats() {
#if defined(__x86_64__)
  return __builtin_cpu_is("amd") != 0;
#else
  return false;
#endif
}

const Bfloat16Kernels* best_kernels() {
  if (const Bfloat16Kernels* tiles = tile_kernels()) return tiles;
  return dot_products_beat_floats() ? dot_product_kernels() : nullptr;
}

const Bfloat16Kernels*& in_use() {
  static const Bfloat16Kernels* kernels = best_kernels();
  return kernels;
}

}  // namespace

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
