#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "core/error.h"
#include "kernels/amx_tiles.h"
#include "kernels/bfloat16_kernels.h"
#include "kernels/tile_products.h"

namespace massface {

// AmxTiles in plain C++, after the operations in Intel's manual, with its rules: no instruction without a
// configuration, none beyond a tile's shape, and shapes that fit each other.
struct EmulatedTiles {
  struct Tile {
    alignas(64) uint8_t bytes[16][64];
  };
  struct State {
    bool configured = false;
    TileShapes shapes;
    Tile tiles[8];
  };
  static State& state() {
    thread_local State state;
    return state;
  }

  static void configure(const TileShapes& shapes) {
    check(!state().configured, "tiles are released before they are configured again");
    check(shapes.palette == 1 && shapes.start_row == 0, "palette 1 is the only one");
    for (int tile = 0; tile < 8; ++tile) {
      check(shapes.rows[tile] <= 16 && shapes.row_bytes[tile] <= 64, "a tile has up to 16 rows of 64 bytes");
      check((shapes.rows[tile] == 0) == (shapes.row_bytes[tile] == 0), "a tile has rows if these have bytes");
    }
    state() = {.configured = true, .shapes = shapes, .tiles = {}};
  }
  static void release() { state().configured = false; }

  template <int kTile>
  static void zero() {
    std::memset(used(kTile).bytes, 0, sizeof(Tile));
  }
  template <int kTile>
  static void load(const void* from, int64_t stride) {
    zero<kTile>();
    for (int row = 0; row < rows(kTile); ++row) {
      std::memcpy(used(kTile).bytes[row], static_cast<const char*>(from) + row * stride, row_bytes(kTile));
    }
  }
  template <int kTile>
  static void store(void* to, int64_t stride) {
    for (int row = 0; row < rows(kTile); ++row) {
      std::memcpy(static_cast<char*>(to) + row * stride, used(kTile).bytes[row], row_bytes(kTile));
    }
  }
  template <int kSum, int kLeft, int kRight>
  static void multiply() {
    static_assert(kSum != kLeft && kSum != kRight && kLeft != kRight, "the processor refuses equal tiles");
    const int columns = row_bytes(kSum) / 4, depths = row_bytes(kLeft) / 4;
    check(rows(kSum) == rows(kLeft) && row_bytes(kSum) == row_bytes(kRight) && depths == rows(kRight),
          "the shapes of a product's tiles fit");
    for (int m = 0; m < rows(kSum); ++m) {
      float of_lower[16] = {}, of_upper[16] = {};
      for (int k = 0; k < depths; ++k) {
        const auto left = at<Bfloat16Pair>(kLeft, m, k);
        for (int n = 0; n < columns; ++n) {
          const auto right = at<Bfloat16Pair>(kRight, k, n);
          of_lower[n] += half(left) * half(right);
          of_upper[n] += half(left >> 16) * half(right >> 16);
        }
      }
      for (int n = 0; n < columns; ++n) {
        const float sum = at<float>(kSum, m, n) + (of_lower[n] + of_upper[n]);
        std::memcpy(used(kSum).bytes[m] + 4 * n, &sum, 4);
      }
    }
  }

 private:
  static Tile& used(int tile) {
    check(state().configured, "tiles are configured before they are used");
    return state().tiles[tile];
  }
  static int rows(int tile) { return state().shapes.rows[tile]; }
  static int row_bytes(int tile) { return state().shapes.row_bytes[tile]; }
  template <class T>
  static T at(int tile, int row, int column) {
    T value;
    std::memcpy(&value, used(tile).bytes[row] + 4 * column, 4);
    return value;
  }
  static float half(Bfloat16Pair pair) { return to_float({static_cast<uint16_t>(pair)}); }
};

// The loops of tile_kernels() on emulated tiles, which the tests run where there is no AMX. Every product must release
// the tiles of its thread.
inline const Bfloat16Kernels kEmulatedTileKernels{
    .target = "AMX_BF16",
    .description = "emulated AMX tiles",
    .multiply_block =
        [](const Bfloat16* a, const PackedPairs& b, int64_t rows, Bfloat16* out, const ProductEnds& ends,
           ReadAhead& ahead) {
          multiply_block_with_tiles<EmulatedTiles>(a, b, rows, out, ends, ahead);
          EXPECT_FALSE(EmulatedTiles::state().configured);
        },
    .add_transposed_product =
        [](const Bfloat16Pair* a, const Bfloat16Pair* b, int64_t pairs, int64_t columns_a, int64_t columns_b,
           float* out, ReadAhead& ahead) {
          add_transposed_product_with_tiles<EmulatedTiles>(a, b, pairs, columns_a, columns_b, out, ahead);
          EXPECT_FALSE(EmulatedTiles::state().configured);
        }};

}  // namespace massface
