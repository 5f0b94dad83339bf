#pragma once

#include "kernels/bfloat16_rows.h"
#include "kernels/block_product.h"
#include "kernels/fused_layer.h"

namespace massface {

// Rows that a matrix multiplies, made block by block: what a 1x1 convolution reads, or the patches of a convolution
// over images.
class RowSource {
 public:
  virtual ~RowSource() = default;
  virtual int64_t columns() const = 0;
  // Rows [begin, end), which are at the returned place until the next call with this scratch: [end - begin, columns()].
  virtual const float* rows(int64_t begin, int64_t end, float* scratch) const = 0;
  // Says what rows() will read for [begin, end).
  virtual void read_ahead(int64_t begin, int64_t end, ReadAhead& ahead) const = 0;
  // The same in the backward pass.
  virtual const float* rows_again(int64_t begin, int64_t end, float* scratch) const {
    return rows(begin, end, scratch);
  }
  virtual void read_ahead_again(int64_t begin, int64_t end, ReadAhead& ahead) const { read_ahead(begin, end, ahead); }
};

// activation(x) of the layer before, plus its residual.
class ActivatedRows : public RowSource {
 public:
  explicit ActivatedRows(const LayerInput& input) : input_(input) {}
  int64_t columns() const override { return input_.before.channels; }
  const float* rows(int64_t begin, int64_t end, float* scratch) const override;
  const float* rows_again(int64_t begin, int64_t end, float* scratch) const override;
  void read_ahead(int64_t begin, int64_t end, ReadAhead& ahead) const override;
  void read_ahead_again(int64_t begin, int64_t end, ReadAhead& ahead) const override;

  // Where activations are bfloat16: the rows for the forward pass as bfloat16, and for the backward pass as pairs.
  const Bfloat16* halves(int64_t begin, int64_t end, Bfloat16* scratch) const;
  void pairs_again(int64_t begin, int64_t end, Bfloat16Pair* pairs) const;

 private:
  LayerInput input_;
};

// 3x3 patches of float images [batch, height, width, 3] with stride 2 and one pixel of zeros around: 27 numbers, in the
// order of the kernel's rows, columns and colours. For a network's first convolution.
class ImagePatches : public RowSource {
 public:
  ImagePatches(const float* images, int64_t height, int64_t width) : images_(images), height_(height), width_(width) {}
  int64_t columns() const override { return 27; }
  const float* rows(int64_t begin, int64_t end, float* scratch) const override;
  void read_ahead(int64_t, int64_t, ReadAhead&) const override {}  // images are small

 private:
  const float* images_;
  int64_t height_, width_;
};

// x [rows, weight.columns()] = source x weight, and its moments. On all threads. Products are float32, of bfloat16
// activations, too.
ChannelMoments pointwise_forward(const RowSource& source, const PackedMatrix& weight, const Strips& strips, Values x);

// The gradients of the same layer.
// weight: [channels of the output, channels of the input], transposed against the forward pass; unused without `input`.
// weight_gradient: [channels of the output, source.columns()], overwritten; its sums depend on the number of threads.
void pointwise_backward(const LayerOutput& output, const LayerGradient& gradient, const RowSource& source,
                        const LayerOutput& before, const PackedMatrix* weight, const Strips& strips,
                        const InputGradient& input, float* weight_gradient);

// Both with bfloat16 products (has_bfloat16_products()) of bfloat16 activations; channels are even.
ChannelMoments pointwise_forward(const ActivatedRows& source, const PackedPairs& weight, const Strips& strips,
                                 Bfloat16* x);
void pointwise_backward(const LayerOutput& output, const LayerGradient& gradient, const ActivatedRows& source,
                        const LayerOutput& before, const PackedPairs& weight, const Strips& strips,
                        const InputGradient& input, float* weight_gradient);

}  // namespace massface
