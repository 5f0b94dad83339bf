#include <algorithm>
#include <array>
#include <vector>

#include "core/error.h"
#include "kernels/block_product.h"
#include "kernels/image_convolution.h"
#include "kernels/tile_kernel.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/winograd_convolution.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/tile_lanes-inl.h"

// Compiled once for every target.
HWY_BEFORE_NAMESPACE();
namespace massface::HWY_NAMESPACE {

HWY_INLINE Vector of(float value) { return hn::Set(Floats(), value); }
HWY_INLINE Vector load(const float* from) { return hn::LoadU(Floats(), from); }

// Six numbers d become B^T d (the paper's section 4.3).
HWY_INLINE void transform_in(const Vector d[6], Vector out[6]) {
  const Vector even = hn::NegMulAdd(of(4), d[2], d[4]), odd = hn::NegMulAdd(of(4), d[1], d[3]);
  const Vector even2 = hn::Sub(d[4], d[2]), odd2 = hn::Mul(of(2), hn::Sub(d[3], d[1]));
  out[0] = hn::MulAdd(of(4), d[0], hn::NegMulAdd(of(5), d[2], d[4]));
  out[1] = hn::Add(even, odd);
  out[2] = hn::Sub(even, odd);
  out[3] = hn::Add(even2, odd2);
  out[4] = hn::Sub(even2, odd2);
  out[5] = hn::MulAdd(of(4), d[1], hn::NegMulAdd(of(5), d[3], d[5]));
}

// Six numbers m become A^T m.
HWY_INLINE void transform_out(const Vector m[6], Vector out[4]) {
  const Vector sum1 = hn::Add(m[1], m[2]), difference1 = hn::Sub(m[1], m[2]);
  const Vector sum2 = hn::Add(m[3], m[4]), difference2 = hn::Sub(m[3], m[4]);
  out[0] = hn::Add(hn::Add(m[0], sum1), sum2);
  out[1] = hn::MulAdd(of(2), difference2, difference1);
  out[2] = hn::MulAdd(of(4), sum2, sum1);
  out[3] = hn::Add(hn::MulAdd(of(8), difference2, difference1), m[5]);
}

// Calls body(c) for whole vectors of channels; the last one may overlap the one before, whose numbers are then computed
// twice.
template <class Body>
HWY_INLINE void over_whole_vectors(int64_t channels, const Body& body) {
  for (int64_t begin = 0; begin < channels; begin += kLanes) body(std::min(begin, channels - kLanes));
}

// pixels: of a tile of the input, 6 x 6. Writes its transform: number (i, j) of a channel is at out[(6 i + j) * step +
// c].
void transform_input(const float* const pixels[36], int64_t channels, float* out, int64_t step) {
  over_whole_vectors(channels, [&](int64_t c) {
    Vector rows[6][6];
    for (int64_t j = 0; j < 6; ++j) {
      Vector column[6], transformed[6];
      for (int64_t i = 0; i < 6; ++i) column[i] = load(pixels[6 * i + j] + c);
      transform_in(column, transformed);
      for (int64_t i = 0; i < 6; ++i) rows[i][j] = transformed[i];
    }
    for (int64_t i = 0; i < 6; ++i) {
      Vector transformed[6];
      transform_in(rows[i], transformed);
      for (int64_t j = 0; j < 6; ++j) hn::StoreU(transformed[j], Floats(), out + (6 * i + j) * step + c);
    }
  });
}

// The inverse of the above for the products: computes `height` x `width` pixels, at most 4 x 4, with bias and PReLU.
void transform_output(const float* in, int64_t step, int64_t channels, const ProductEnds& ends, int64_t height,
                      int64_t width, float* out, int64_t out_row, int64_t out_channels) {
  over_whole_vectors(channels, [&](int64_t c) {
    const Floats d;
    Vector rows[4][6];
    for (int64_t j = 0; j < 6; ++j) {
      Vector column[6], transformed[4];
      for (int64_t i = 0; i < 6; ++i) column[i] = load(in + (6 * i + j) * step + c);
      transform_out(column, transformed);
      for (int64_t i = 0; i < 4; ++i) rows[i][j] = transformed[i];
    }
    const Vector bias = load(ends.bias + c);
    for (int64_t i = 0; i < height; ++i) {
      Vector pixels[4];
      transform_out(rows[i], pixels);
      for (int64_t j = 0; j < width; ++j) {
        Vector value = hn::Add(pixels[j], bias);
        if (ends.slope != nullptr) {
          value = hn::IfThenElse(hn::Gt(value, hn::Zero(d)), value, hn::Mul(load(ends.slope + c), value));
        }
        hn::StoreU(value, d, out + i * out_row + j * out_channels + c);
      }
    }
  });
}

}  // namespace massface::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace massface {
namespace {

HWY_EXPORT(transform_input);
HWY_EXPORT(transform_output);

constexpr int64_t kTile = 4;           // output pixels along a side of a tile
constexpr int64_t kPatch = kTile + 2;  // input pixels
constexpr int64_t kFrequencies = kPatch * kPatch;
constexpr int64_t kWidestVector = 16;

// G of the paper's section 4.3.
constexpr double kKernelTransform[6][3] = {{1.0 / 4, 0, 0},
                                           {-1.0 / 6, -1.0 / 6, -1.0 / 6},
                                           {-1.0 / 6, 1.0 / 6, -1.0 / 6},
                                           {1.0 / 24, 1.0 / 12, 1.0 / 6},
                                           {1.0 / 24, -1.0 / 12, 1.0 / 6},
                                           {0, 0, 1}};

// The tiles that cover an output of rows x columns pixels.
struct TileGrid {
  TileGrid(int64_t height, int64_t width) : rows(height), columns(width) {}

  int64_t tiles_across() const { return (columns + kTile - 1) / kTile; }
  int64_t tiles() const { return (rows + kTile - 1) / kTile * tiles_across(); }
  int64_t top(int64_t tile) const { return tile / tiles_across() * kTile; }
  int64_t left(int64_t tile) const { return tile % tiles_across() * kTile; }

  int64_t rows, columns;
};

// The products of so many output channels are computed at a time, so that they stay in the cache.
int64_t columns_at_once(int64_t out_channels) { return std::min(tile_shape().columns, out_channels); }

// The floats of the transformed tiles of an image, and those of their products.
struct WinogradScratch {
  WinogradScratch(int64_t tiles, int64_t in_channels, int64_t out_channels)
      : patches(kFrequencies * tiles * in_channels), products(kFrequencies * tiles * columns_at_once(out_channels)) {}

  int64_t patches, products;
};

class WinogradConvolution : public ImageConvolution {
 public:
  explicit WinogradConvolution(Parameters parameters) : ImageConvolution(std::move(parameters)) {
    check(side() == 3 && in_channels() >= kWidestVector && out_channels() % kWidestVector == 0,
          "3 x 3 kernels from at least 16 channels to a multiple of 16");
    const int64_t in = in_channels(), out = out_channels();
    std::vector<float> matrix(static_cast<size_t>(in * out));  // [in, out]
    for (int64_t frequency = 0; frequency < kFrequencies; ++frequency) {
      for (int64_t i = 0; i < in * out; ++i) matrix[static_cast<size_t>(i)] = transformed(frequency, i % out, i / out);
      packed_.emplace_back(matrix.data(), in, out, out, 1);
    }
    zeros_.resize(static_cast<size_t>(in));
  }

  void run(const float* in, int64_t height, int64_t width, int64_t pitch, float* out) const override {
    check(height >= 3 && width >= 3 && pitch >= width, "an image is at least as large as the kernel");
    const TileGrid grid(height - 2, width - 2);
    const int64_t channels = in_channels(), panel = columns_at_once(out_channels());
    const WinogradScratch scratch(grid.tiles(), channels, out_channels());
    AlignedFloats patches(scratch.patches), products(scratch.products);
    for (int64_t tile = 0; tile < grid.tiles(); ++tile) {
      const auto pixels = patch(in, grid.top(tile), grid.left(tile), height, width, pitch);
      HWY_DYNAMIC_DISPATCH(transform_input)
      (pixels.data(), channels, patches.data() + tile * channels, grid.tiles() * channels);
    }
    for (int64_t column = 0; column < out_channels(); column += panel) {
      const int64_t columns = std::min(panel, out_channels() - column);
      multiply(patches.data(), grid.tiles(), column, columns, products.data());
      for (int64_t tile = 0; tile < grid.tiles(); ++tile) {
        const int64_t y = grid.top(tile), x = grid.left(tile);
        HWY_DYNAMIC_DISPATCH(transform_output)
        (products.data() + tile * columns, grid.tiles() * columns, columns,
         ProductEnds{.add = false, .bias = bias(), .slope = slope()}.at_column(column), std::min(kTile, grid.rows - y),
         std::min(kTile, grid.columns - x), out + (y * pitch + x) * out_channels() + column, pitch * out_channels(),
         out_channels());
      }
    }
  }

 private:
  // An element of G g G^T for the kernel g between two channels.
  float transformed(int64_t frequency, int64_t out_channel, int64_t in_channel) const {
    const double *by_row = kKernelTransform[frequency / kPatch], *by_column = kKernelTransform[frequency % kPatch];
    double sum = 0;
    for (int64_t i = 0; i < 3; ++i) {
      for (int64_t j = 0; j < 3; ++j) {
        sum += by_row[i] * by_column[j] * weight()[((out_channel * 3 + i) * 3 + j) * in_channels() + in_channel];
      }
    }
    return static_cast<float>(sum);
  }

  // Returns where the pixels of a tile's input begin.
  std::array<const float*, kFrequencies> patch(const float* in, int64_t top, int64_t left, int64_t height,
                                               int64_t width, int64_t pitch) const {
    std::array<const float*, kFrequencies> pixels{};
    for (int64_t i = 0; i < kFrequencies; ++i) {
      const int64_t y = top + i / kPatch, x = left + i % kPatch;
      const bool inside = y < height && x < width;
      pixels[static_cast<size_t>(i)] = inside ? in + (y * pitch + x) * in_channels() : zeros_.data();
    }
    return pixels;
  }

  // products: [kFrequencies, tiles, columns].
  void multiply(const float* patches, int64_t tiles, int64_t column, int64_t columns, float* products) const {
    ReadAhead nothing;
    for (const PackedMatrix& matrix : packed_) {
      multiply_panel(patches, matrix, column, tiles, products, columns, {}, nothing);
      patches += tiles * in_channels();
      products += tiles * columns;
    }
  }

  std::vector<PackedMatrix> packed_;  // one for each frequency
  std::vector<float> zeros_;          // a pixel beyond the edge
};

}  // namespace

std::unique_ptr<ImageConvolution> winograd_convolution(ImageConvolution::Parameters parameters) {
  return std::make_unique<WinogradConvolution>(std::move(parameters));
}

int64_t winograd_scratch_bytes(int64_t in_channels, int64_t out_channels, int64_t height, int64_t width) {
  const WinogradScratch scratch(TileGrid(height - 2, width - 2).tiles(), in_channels, out_channels);
  return (scratch.patches + scratch.products) * static_cast<int64_t>(sizeof(float));
}

}  // namespace massface
#endif
