#include <algorithm>
#include <optional>

#include "core/error.h"
#include "kernels/block_product.h"
#include "kernels/image_convolution.h"
#include "kernels/tile_kernel.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/direct_convolution.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/block_tile-inl.h"

// Compiled once for every target.
HWY_BEFORE_NAMESPACE();
namespace massface::HWY_NAMESPACE {

// in: where the input begins; its rows are in_row numbers apart. panel: of the packed weights. pixels: how many are
// computed, counted along the rows.
void convolve_panel(const float* in, int64_t in_row, int64_t in_channels, int64_t side, int64_t pixels,
                    const float* panel, int64_t columns, float* out, int64_t out_channels, const ProductEnds& ends) {
  ReadAhead nothing;
  multiply_panel<ByRows>(in, in_channels, in_channels, pixels, columns,
                         {.b = panel,
                          .b_stride = 2 * kLanes,
                          .depth = side * in_channels,
                          .segments = side,
                          .left_step = in_row,
                          .out = out,
                          .out_stride = out_channels,
                          .columns = 0,
                          .ends = ends,
                          .ahead = &nothing});
}

}  // namespace massface::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace massface {
namespace {

HWY_EXPORT(convolve_panel);

class DirectConvolution : public ImageConvolution {
 public:
  explicit DirectConvolution(Parameters parameters) : ImageConvolution(std::move(parameters)) {
    const int64_t depth = side() * side() * in_channels();
    packed_.emplace(weight(), depth, out_channels(), 1, depth);
  }

  void run(const float* in, int64_t height, int64_t width, int64_t pitch, float* out) const override {
    check(height >= side() && width >= side() && pitch >= width, "an image is at least as large as the kernel");
    const int64_t panel_columns = tile_shape().columns, pixels = (height - side()) * pitch + width - side() + 1;
    const ProductEnds ends{.add = false, .bias = bias(), .slope = slope()};
    for (int64_t column = 0; column < out_channels(); column += panel_columns) {
      HWY_DYNAMIC_DISPATCH(convolve_panel)
      (in, pitch * in_channels(), in_channels(), side(), pixels, packed_->panel(column),
       std::min(panel_columns, out_channels() - column), out + column, out_channels(), ends.at_column(column));
    }
  }

 private:
  std::optional<PackedMatrix> packed_;
};

}  // namespace

std::unique_ptr<ImageConvolution> direct_convolution(ImageConvolution::Parameters parameters) {
  return std::make_unique<DirectConvolution>(std::move(parameters));
}

std::unique_ptr<ImageConvolution> ImageConvolution::of(Parameters parameters) {
  const bool saves_enough = parameters.side == 3 && parameters.in_channels >= 16 && parameters.out_channels % 16 == 0;
  return saves_enough ? winograd_convolution(std::move(parameters)) : direct_convolution(std::move(parameters));
}

}  // namespace massface
#endif
