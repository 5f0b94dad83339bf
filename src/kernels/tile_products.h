#pragma once

#include <algorithm>
#include <cstring>

#include "kernels/amx_tiles.h"
#include "kernels/bfloat16_product.h"
#include "kernels/read_ahead.h"
#include "kernels/tile_rows.h"

// The products of kernels/bfloat16_product.h on tiles: `Tiles` is AmxTiles or, in tests, EmulatedTiles.
//
// Four tiles of sums, two by two, are 32 x 32 numbers of the output. Per 32 depths, they take two tiles of the left
// factor (16 rows of 32 numbers) and two of the right (16 pairs of 16 columns), so that four loads feed four products:
//
//                 right  6    7
//       left  4   sums   0    1
//             5          2    3
//
// All tiles have their full size. Where a factor ends within one, a copy with zeros around it takes its place: a number
// beyond the end could be a NaN, which a zero in the other factor would not remove.
namespace massface {

constexpr int64_t kTileSide = 16;
constexpr int64_t kBlockSide = 2 * kTileSide;  // of the four tiles of sums
constexpr int64_t kStepDepth = 32;             // of a product of two tiles
constexpr int64_t kStepPairs = kStepDepth / 2;
constexpr int64_t kTileRowBytes = 64;

// Makes the tiles usable by this thread while it exists.
template <class Tiles>
class TileSession {
 public:
  TileSession() {
    TileShapes shapes;
    std::fill_n(shapes.rows, 8, static_cast<uint8_t>(kTileSide));
    std::fill_n(shapes.row_bytes, 8, static_cast<uint16_t>(kTileRowBytes));
    Tiles::configure(shapes);
  }
  ~TileSession() { Tiles::release(); }
  TileSession(const TileSession&) = delete;
  TileSession& operator=(const TileSession&) = delete;
};

// A factor's tiles for one step: the second is `second` bytes after the first, and rows are `stride` bytes apart.
struct TilePair {
  const void* first;
  int64_t second;
  int64_t stride;
};

// Adds the products of `steps` steps to the sums of the tiles in use. left(step) and right(step) return a TilePair.
template <class Tiles, bool kTwoRows, bool kTwoColumns, class Left, class Right>
MASSFACE_INLINE void add_steps(int64_t steps, const Left& left, const Right& right, ReadAhead& ahead) {
  constexpr int64_t kLinesAhead = 8;  // per step; products of tiles are short compared with what a block reads
  const auto at = [](const TilePair& pair) { return static_cast<const char*>(pair.first) + pair.second; };
  for (int64_t step = 0; step < steps; ++step) {
    const TilePair rows = left(step), columns = right(step);
    ReadAhead::Lines lines = ahead.take(kLinesAhead, rows.first);
    for (int64_t i = 0; i < kLinesAhead && lines.step != 0; ++i, lines.first += lines.step) {
      __builtin_prefetch(lines.first, /*write=*/0, /*locality=*/2);
    }
    Tiles::template load<4>(rows.first, rows.stride);
    Tiles::template load<6>(columns.first, columns.stride);
    Tiles::template multiply<0, 4, 6>();
    if constexpr (kTwoColumns) {
      Tiles::template load<7>(at(columns), columns.stride);
      Tiles::template multiply<1, 4, 7>();
    }
    if constexpr (kTwoRows) {
      Tiles::template load<5>(at(rows), rows.stride);
      Tiles::template multiply<2, 5, 6>();
    }
    if constexpr (kTwoRows && kTwoColumns) Tiles::template multiply<3, 5, 7>();
  }
}

// Calls body.operator()<kTwoRows, kTwoColumns>() for a block of this size.
template <class Body>
MASSFACE_INLINE void with_tiles_for(int64_t rows, int64_t columns, const Body& body) {
  if (rows > kTileSide) {
    columns > kTileSide ? body.template operator()<true, true>() : body.template operator()<true, false>();
  } else {
    columns > kTileSide ? body.template operator()<false, true>() : body.template operator()<false, false>();
  }
}

// The four tiles of sums, and their copy in memory, [kBlockSide, kBlockSide].
template <class Tiles>
class BlockSums {
 public:
  const float* memory() const { return memory_; }
  float* memory() { return memory_; }

  void zero() {
    Tiles::template zero<0>();
    Tiles::template zero<1>();
    Tiles::template zero<2>();
    Tiles::template zero<3>();
  }
  template <bool kTwoRows, bool kTwoColumns>
  void load() {
    over_tiles<kTwoRows, kTwoColumns>([]<int kTile>(float* from) { Tiles::template load<kTile>(from, kStride); });
  }
  template <bool kTwoRows, bool kTwoColumns>
  void store() {
    over_tiles<kTwoRows, kTwoColumns>([]<int kTile>(float* to) { Tiles::template store<kTile>(to, kStride); });
  }

 private:
  // Calls use.operator()<kTile>(its copy in memory) for every tile in use.
  template <bool kTwoRows, bool kTwoColumns, class Use>
  void over_tiles(const Use& use) {
    use.template operator()<0>(memory_);
    if constexpr (kTwoColumns) use.template operator()<1>(memory_ + kTileSide);
    if constexpr (kTwoRows) use.template operator()<2>(memory_ + kTileSide * kBlockSide);
    if constexpr (kTwoRows && kTwoColumns) use.template operator()<3>(memory_ + kTileSide * (kBlockSide + 1));
  }

  static constexpr int64_t kStride = kBlockSide * static_cast<int64_t>(sizeof(float));
  alignas(64) float memory_[kBlockSide * kBlockSide] = {};
};

// Copies a matrix of rows * columns numbers, whose rows are `stride` numbers apart, into one that is `width` wide,
// filled up with zeros to `height` rows.
template <class T>
void copy_into_zeros(const T* from, int64_t stride, int64_t rows, int64_t columns, T* to, int64_t height,
                     int64_t width) {
  std::memset(to, 0, static_cast<size_t>(height * width) * sizeof(T));
  for (int64_t row = 0; row < rows; ++row) {
    std::memcpy(to + row * width, from + row * stride, static_cast<size_t>(columns) * sizeof(T));
  }
}

template <class Tiles>
void multiply_block_with_tiles(const Bfloat16* a, const PackedPairs& b, int64_t rows, Bfloat16* out,
                               const ProductEnds& ends, ReadAhead& ahead) {
  constexpr int64_t kPanel = PackedPairs::kPanelColumns;
  static_assert(kPanel == kBlockSide);
  const int64_t depth = b.depth(), columns = b.columns(), steps = (depth + kStepDepth - 1) / kStepDepth;
  const auto is_whole = [&](int64_t step) { return (step + 1) * kStepDepth <= depth; };
  const TileSession<Tiles> session;
  BlockSums<Tiles> sums;
  alignas(64) Bfloat16Pair last_pairs[kStepPairs * kPanel];
  alignas(64) Bfloat16 padded_rows[kBlockSide * kStepDepth];
  for (int64_t column = 0; column < columns; column += kPanel) {
    const Bfloat16Pair* panel = b.panel(column);
    const int64_t columns_here = std::min(kPanel, columns - column);
    if (!is_whole(steps - 1)) {
      const int64_t pair = (steps - 1) * kStepPairs;
      copy_into_zeros(panel + pair * kPanel, kPanel, depth / 2 - pair, kPanel, last_pairs, kStepPairs, kPanel);
    }
    const auto right = [&](int64_t step) -> TilePair {
      const Bfloat16Pair* from = is_whole(step) ? panel + step * kStepPairs * kPanel : last_pairs;
      return {from, kTileRowBytes, kPanel * static_cast<int64_t>(sizeof(Bfloat16Pair))};
    };
    for (int64_t row = 0; row < rows; row += kBlockSide) {
      const int64_t rows_here = std::min(kBlockSide, rows - row);
      const auto left = [&](int64_t step) -> TilePair {
        const Bfloat16* from = a + row * depth + step * kStepDepth;
        int64_t stride = depth;
        if (rows_here < kBlockSide || !is_whole(step)) {
          const int64_t numbers = std::min(kStepDepth, depth - step * kStepDepth);
          copy_into_zeros(from, depth, rows_here, numbers, padded_rows, kBlockSide, kStepDepth);
          from = padded_rows;
          stride = kStepDepth;
        }
        stride *= sizeof(Bfloat16);
        return {from, kTileSide * stride, stride};
      };
      with_tiles_for(rows_here, columns_here, [&]<bool kTwoRows, bool kTwoColumns>() {
        sums.zero();
        add_steps<Tiles, kTwoRows, kTwoColumns>(steps, left, right, ahead);
        sums.template store<kTwoRows, kTwoColumns>();
      });
      finish_sums(sums.memory(), kBlockSide, rows_here, columns_here, ends.at_column(column),
                  out + row * columns + column, columns);
    }
  }
}

// The left factor is stored depth after depth, as tiles cannot take it: blocks of 32 of its columns are transposed, at
// most kMostSteps steps at a time.
template <class Tiles>
void add_transposed_product_with_tiles(const Bfloat16Pair* a, const Bfloat16Pair* b, int64_t pairs, int64_t columns_a,
                                       int64_t columns_b, float* out, ReadAhead& ahead) {
  constexpr int64_t kMostSteps = 16, kTilePairs = kTileSide * kStepPairs;
  const TileSession<Tiles> session;
  BlockSums<Tiles> sums;
  alignas(64) Bfloat16Pair transposed[kMostSteps * 2 * kTilePairs];
  alignas(64) Bfloat16Pair padded_pairs[kStepPairs * kBlockSide];
  for (int64_t row = 0; row < columns_a; row += kBlockSide) {
    const int64_t rows_here = std::min(kBlockSide, columns_a - row);
    for (int64_t begin = 0; begin < pairs; begin += kMostSteps * kStepPairs) {
      const int64_t pairs_here = std::min(kMostSteps * kStepPairs, pairs - begin);
      const int64_t steps = (pairs_here + kStepPairs - 1) / kStepPairs;
      for (int64_t step = 0; step < steps; ++step) {
        const int64_t pair = begin + step * kStepPairs, count = std::min(kStepPairs, pairs - pair);
        for (int64_t half = 0; half < 2 && half * kTileSide < rows_here; ++half) {
          transpose_pairs(a + pair * columns_a + row + half * kTileSide, columns_a, count,
                          std::min(kTileSide, rows_here - half * kTileSide),
                          transposed + (2 * step + half) * kTilePairs);
        }
      }
      const auto left = [&](int64_t step) -> TilePair {
        return {transposed + 2 * step * kTilePairs, kTilePairs * static_cast<int64_t>(sizeof(Bfloat16Pair)),
                kTileRowBytes};
      };
      for (int64_t column = 0; column < columns_b; column += kBlockSide) {
        const int64_t columns_here = std::min(kBlockSide, columns_b - column);
        const auto right = [&](int64_t step) -> TilePair {
          const int64_t pair = begin + step * kStepPairs, count = std::min(kStepPairs, pairs - pair);
          const Bfloat16Pair* from = b + pair * columns_b + column;
          int64_t stride = columns_b;
          if (count < kStepPairs || columns_here < kBlockSide) {
            copy_into_zeros(from, columns_b, count, columns_here, padded_pairs, kStepPairs, kBlockSide);
            from = padded_pairs;
            stride = kBlockSide;
          }
          return {from, kTileRowBytes, stride * static_cast<int64_t>(sizeof(Bfloat16Pair))};
        };
        float* to = out + row * columns_b + column;
        copy_into_zeros(to, columns_b, rows_here, columns_here, sums.memory(), kBlockSide, kBlockSide);
        with_tiles_for(rows_here, columns_here, [&]<bool kTwoRows, bool kTwoColumns>() {
          sums.template load<kTwoRows, kTwoColumns>();
          add_steps<Tiles, kTwoRows, kTwoColumns>(steps, left, right, ahead);
          sums.template store<kTwoRows, kTwoColumns>();
        });
        for (int64_t i = 0; i < rows_here; ++i) {
          std::copy_n(sums.memory() + i * kBlockSide, columns_here, to + i * columns_b);
        }
      }
    }
  }
}

}  // namespace massface
