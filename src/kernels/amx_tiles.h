#pragma once

#include <cstdint>

#include "kernels/tile_walk.h"

namespace massface {

// The configuration of the eight tiles of a processor with AMX (Intel, "Architecture Instruction Set Extensions",
// chapter 3): each has up to 16 rows of up to 64 bytes.
struct alignas(64) TileShapes {
  uint8_t palette = 1;
  uint8_t start_row = 0;
  uint8_t reserved[14] = {};
  uint16_t row_bytes[16] = {};  // of tiles 0 to 7; the others do not exist
  uint8_t rows[16] = {};
};
static_assert(sizeof(TileShapes) == 64);

// The six instructions of AMX that bfloat16 products need. Each thread configures the tiles before it uses them and
// releases them afterwards, because the operating system saves 8 kB per thread while they are in use. The twin that
// runs on every processor is EmulatedTiles (kernels/testing_tiles.h).
//
// They are written in assembler because the compiler's macros paste the number of a tile into a string, which does not
// work for the parameter of a template.
struct AmxTiles {
  static void configure(const TileShapes& shapes) { asm volatile("ldtilecfg %0" ::"m"(shapes)); }
  static void release() { asm volatile("tilerelease" ::); }

  template <int kTile>
  static MASSFACE_INLINE void zero() {
    asm volatile("tilezero %%tmm%c0" ::"i"(kTile));
  }
  // Reads rows that are `stride` bytes apart.
  template <int kTile>
  static MASSFACE_INLINE void load(const void* from, int64_t stride) {
    asm volatile("tileloadd (%0,%1,1), %%tmm%c2" ::"r"(from), "r"(stride), "i"(kTile) : "memory");
  }
  template <int kTile>
  static MASSFACE_INLINE void store(void* to, int64_t stride) {
    asm volatile("tilestored %%tmm%c2, (%0,%1,1)" ::"r"(to), "r"(stride), "i"(kTile) : "memory");
  }
  // sum [m, n] += the sum over k of left [m, k] x right [k, n], for floats in `sum`, rows of pairs (of consecutive
  // depths) in `left`, and pairs, one per column, in `right`.
  template <int kSum, int kLeft, int kRight>
  static MASSFACE_INLINE void multiply() {
    asm volatile("tdpbf16ps %%tmm%c2, %%tmm%c1, %%tmm%c0" ::"i"(kSum), "i"(kLeft), "i"(kRight));
  }
};

}  // namespace massface
