#pragma once

#include "kernels/bfloat16_rows.h"
#include "kernels/block_product.h"
#include "kernels/fused_layer.h"

namespace massface {

// The left factor of a matrix product, made block by block: the input of a 1x1 convolution, or the patches of a
// convolution over images.
class RowSource {
 public:
  virtual ~RowSource() = default;
  virtual int64_t columns() const = 0;
  // Returns rows [begin, end), [end - begin, columns()], which remain valid until the next call with this scratch.
  virtual const float* rows(int64_t begin, int64_t end, float* scratch) const = 0;
  // Adds the memory that rows() will read for [begin, end).
  virtual void read_ahead(int64_t begin, int64_t end, ReadAhead& ahead) const = 0;
  // The same for the backward pass.
  virtual const float* rows_again(int64_t begin, int64_t end, float* scratch) const {
    return rows(begin, end, scratch);
  }
  virtual void read_ahead_again(int64_t begin, int64_t end, ReadAhead& ahead) const { read_ahead(begin, end, ahead); }
};

// activation(x) of the layer before, plus the residual if there is one.
class ActivatedRows : public RowSource {
 public:
  explicit ActivatedRows(const LayerInput& input) : input_(input) {}
  int64_t columns() const override { return input_.before.channels; }
  const float* rows(int64_t begin, int64_t end, float* scratch) const override;
  const float* rows_again(int64_t begin, int64_t end, float* scratch) const override;
  void read_ahead(int64_t begin, int64_t end, ReadAhead& ahead) const override;
  void read_ahead_again(int64_t begin, int64_t end, ReadAhead& ahead) const override;

  // The rows of the forward pass as bfloat16. Needs bfloat16 activations.
  const Bfloat16* halves(int64_t begin, int64_t end, Bfloat16* scratch) const;
  // The rows of the backward pass as pairs. Needs bfloat16 activations.
  void pairs_again(int64_t begin, int64_t end, Bfloat16Pair* pairs) const;

 private:
  LayerInput input_;
};

// 3x3 patches of float images [batch, height, width, 3] with stride 2 and one pixel of zero padding: 27 numbers each,
// in the order of the kernel's rows, columns and colours. For a network's first convolution.
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

// Computes x [rows, weight.columns()] = source x weight, and returns its moments. Runs on all threads. Products are
// float32, for bfloat16 activations, too.
ChannelMoments pointwise_forward(const RowSource& source, const PackedMatrix& weight, const Strips& strips, Values x);

// Computes the gradients of the same layer.
// weight: [channels of the output, channels of the input], transposed relative to the forward pass; unused if input.g
// is null.
// weight_gradient: [channels of the output, source.columns()], overwritten; its sums depend on the number of threads.
void pointwise_backward(const LayerOutput& output, const LayerGradient& gradient, const RowSource& source,
                        const LayerOutput& before, const PackedMatrix* weight, const Strips& strips,
                        const InputGradient& input, float* weight_gradient);

// The same two functions with bfloat16 products (has_bfloat16_products()) of bfloat16 activations. The numbers of
// channels are even.
ChannelMoments pointwise_forward(const ActivatedRows& source, const PackedPairs& weight, const Strips& strips,
                                 Bfloat16* x);
void pointwise_backward(const LayerOutput& output, const LayerGradient& gradient, const ActivatedRows& source,
                        const LayerOutput& before, const PackedPairs& weight, const Strips& strips,
                        const InputGradient& input, float* weight_gradient);

}  // namespace massface
