#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kernels/bfloat16_product.h"

// The ways to compute the products of kernels/bfloat16_product.h, one per set of instructions.
namespace massface {

// Two functions with the contracts of kernels/bfloat16_product.h.
struct Bfloat16Kernels {
  const char* target;       // the name in MASSFACE_VECTORS
  const char* description;  // for messages
  void (*multiply_block)(const Bfloat16* a, const PackedPairs& b, int64_t rows, Bfloat16* out, const ProductEnds& ends,
                         ReadAhead& ahead);
  void (*add_transposed_product)(const Bfloat16Pair* a, const Bfloat16Pair* b, int64_t pairs, int64_t columns_a,
                                 int64_t columns_b, float* out, ReadAhead& ahead);
};

// AVX512-BF16: one instruction multiplies 16 pairs. Returns null if this processor does not have it.
const Bfloat16Kernels* dot_product_kernels();

// AMX: one instruction multiplies tiles of 16 x 32 and 32 x 16 numbers. Returns null if this processor does not have
// it, or if the operating system does not let this process use it.
const Bfloat16Kernels* tile_kernels();

// Returns all of the above that are available, best first.
std::vector<const Bfloat16Kernels*> available_bfloat16_kernels();

// The abilities of a processor: the results of tile_kernels() and dot_product_kernels(), and whether AMD made it.
struct Bfloat16Choices {
  const Bfloat16Kernels *tiles, *dots;
  bool is_amd;
};

// Returns the best kernels that are faster than float32, or null if there are none. Dot products are faster on AMD's
// processors (twice as many multiplications per instruction, at the same rate of instructions), but not on Intel's
// (half that rate).
const Bfloat16Kernels* best_bfloat16_kernels(const Bfloat16Choices& choices);

// Returns the kernels in use, or null if bfloat16 numbers are widened and multiplied as float32. At the start these are
// the best_bfloat16_kernels() of this processor.
const Bfloat16Kernels* bfloat16_kernels();

// From here on uses these kernels; null: none. Must not be called while kernels run.
void use_bfloat16_kernels(const Bfloat16Kernels* kernels);

// Says in half a sentence how bfloat16 numbers are multiplied: "AMX tiles", ...
std::string describe_bfloat16_products();

}  // namespace massface
