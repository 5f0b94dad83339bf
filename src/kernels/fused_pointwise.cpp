#include "kernels/fused_pointwise.h"

#include <algorithm>
#include <vector>

namespace massface {
namespace {

// The size of a block of rows, input and output together, that stays in half of a second-level cache.
constexpr int64_t kPointwiseBlockFloats = 48 * 1024;

int64_t block_rows(int64_t floats_per_row) {
  return std::max<int64_t>(1, kPointwiseBlockFloats / floats_per_row / 12) * 12;
}

template <class Use>
void over_blocks(const Strips& strips, int64_t strip, int64_t rows, const Use& use) {
  for (int64_t begin = strips.begin(strip); begin < strips.end(strip); begin += rows) {
    use(begin, std::min(begin + rows, strips.end(strip)));
  }
}

std::vector<AlignedFloats> zeros_of(int64_t floats) {
  std::vector<AlignedFloats> zeros = scratch_of_parts(floats);
  for (AlignedFloats& part : zeros) std::fill_n(part.data(), floats, 0.0f);
  return zeros;
}

// Returns the memory that the backward pass reads for rows [begin, end).
ReadAhead read_ahead(const LayerOutput& output, const LayerGradient& gradient, const RowSource& source, int64_t begin,
                     int64_t end) {
  ReadAhead ahead;
  const int64_t numbers = (end - begin) * output.channels;
  ahead.add(gradient.g + begin * output.channels, numbers);
  ahead.add(output.x + begin * output.channels, numbers);
  source.read_ahead_again(begin, end, ahead);
  return ahead;
}

// Adds up the sums of the threads, in their order.
void add_parts(const std::vector<AlignedFloats>& parts, int64_t size, float* sum) {
  at::parallel_for(0, size, 4096, [&](int64_t begin, int64_t end) {
    std::copy(parts[0].data() + begin, parts[0].data() + end, sum + begin);
    for (size_t part = 1; part < parts.size(); ++part) {
      for (int64_t i = begin; i < end; ++i) sum[i] += parts[part].data()[i];
    }
  });
}

}  // namespace

const float* ActivatedRows::rows(int64_t begin, int64_t end, float* scratch) const {
  const int64_t at = begin * columns(), floats = (end - begin) * columns();
  const Values kept = input_.kept ? input_.kept + at : Values();
  const bool in_place = kept && kept.storage() == Storage::kFloat32;
  float* to = in_place ? kept.floats() : scratch;
  activate_rows(input_.before.x + at, input_.before.activation, input_.added ? input_.added + at : ConstValues(), to,
                end - begin, columns());
  if (kept && !in_place) copy_values(to, kept, floats);
  return to;
}

const float* ActivatedRows::rows_again(int64_t begin, int64_t end, float* scratch) const {
  if (!input_.kept) return rows(begin, end, scratch);
  const Values kept = input_.kept + begin * columns();
  if (kept.storage() == Storage::kFloat32) return kept.floats();
  copy_values(kept, scratch, (end - begin) * columns());
  return scratch;
}

const Bfloat16* ActivatedRows::halves(int64_t begin, int64_t end, Bfloat16* scratch) const {
  const int64_t at = begin * columns();
  Bfloat16* to = input_.kept ? input_.kept.halves() + at : scratch;
  activate_rows(input_.before.x + at, input_.before.activation, input_.added ? input_.added + at : ConstValues(), to,
                end - begin, columns());
  return to;
}

void ActivatedRows::pairs_again(int64_t begin, int64_t end, Bfloat16Pair* pairs) const {
  const int64_t at = begin * columns();
  if (input_.kept) return pair_rows(input_.kept.halves() + at, pairs, end - begin, columns());
  activate_pairs(input_.before.x.halves() + at, input_.before.activation, pairs, end - begin, columns());
}

void ActivatedRows::read_ahead(int64_t begin, int64_t end, ReadAhead& ahead) const {
  ahead.add(input_.before.x + begin * columns(), (end - begin) * columns());
  if (input_.added) ahead.add(input_.added + begin * columns(), (end - begin) * columns());
}

void ActivatedRows::read_ahead_again(int64_t begin, int64_t end, ReadAhead& ahead) const {
  if (!input_.kept) return read_ahead(begin, end, ahead);
  ahead.add(input_.kept + begin * columns(), (end - begin) * columns());
}

const float* ImagePatches::rows(int64_t begin, int64_t end, float* scratch) const {
  const int64_t out_width = (width_ + 1) / 2, out_height = (height_ + 1) / 2;
  for (int64_t row = begin; row < end; ++row) {
    const float* image = images_ + row / (out_width * out_height) * height_ * width_ * 3;
    const int64_t x = row % out_width * 2 - 1;
    const int64_t y = row / out_width % out_height * 2 - 1;
    const int64_t first = std::max<int64_t>(x, 0), last = std::min(x + 3, width_);
    for (int64_t line = 0; line < 3; ++line) {
      float* to = scratch + (row - begin) * 27 + line * 9;
      std::fill_n(to, 9, 0.0f);
      if (y + line < 0 || y + line >= height_) continue;
      const float* from = image + ((y + line) * width_ + first) * 3;
      std::copy_n(from, (last - first) * 3, to + (first - x) * 3);
    }
  }
  return scratch;
}

ChannelMoments pointwise_forward(const RowSource& source, const PackedMatrix& weight, const Strips& strips, Values x) {
  const int64_t in = source.columns(), out = weight.columns();
  const int64_t rows = block_rows(in + out);
  const bool in_place = x.storage() == Storage::kFloat32;
  MomentStrips moments(strips, out);
  std::vector<AlignedFloats> scratch = scratch_of_parts(rows * (in + out));
  over_strips(strips, [&](int64_t strip, int64_t part) {
    over_blocks(strips, strip, rows, [&](int64_t begin, int64_t end) {
      const float* a = source.rows(begin, end, scratch[part].data());
      const Values to = x + begin * out;
      float* product = in_place ? to.floats() : scratch[part].data() + rows * in;
      ReadAhead ahead;
      source.read_ahead(end, std::min(end + rows, end_of_part(strips, part)), ahead);
      multiply_block(a, weight, end - begin, product, {}, ahead);
      if (!in_place) copy_values(product, to, (end - begin) * out);
      moments.add(strip, to, end - begin);
    });
  });
  return moments.merge();
}

void pointwise_backward(const LayerOutput& output, const LayerGradient& gradient, const RowSource& source,
                        const LayerOutput& before, const PackedMatrix* weight, const Strips& strips,
                        const InputGradient& input, float* weight_gradient) {
  const int64_t in = source.columns(), out = output.channels;
  const int64_t rows = block_rows(2 * in + out);
  const bool in_place = input.g.storage() == Storage::kFloat32;
  std::vector<AlignedFloats> scratch = scratch_of_parts(rows * (in + out)), sums = zeros_of(in * out);
  over_strips(strips, [&](int64_t strip, int64_t part) {
    float *dx = scratch[part].data(), *values = dx + rows * out;
    over_blocks(strips, strip, rows, [&](int64_t begin, int64_t end) {
      gradient_rows(gradient.g + begin * out, output.x + begin * out, output.activation, gradient.through_norm, dx,
                    end - begin, out);
      const float* a = source.rows_again(begin, end, values);
      ReadAhead ahead = read_ahead(output, gradient, source, end, std::min(end + rows, end_of_part(strips, part)));
      add_transposed_product(dx, a, end - begin, out, in, sums[part].data(), ahead);
      if (!input.g) return;
      const Values g = input.g + begin * in;
      if (in_place) {
        multiply_block(dx, *weight, end - begin, g.floats(), {.add = input.add}, ahead);
      } else {
        multiply_block(dx, *weight, end - begin, values, {}, ahead);
        input.add ? add_values(values, g, (end - begin) * in) : copy_values(values, g, (end - begin) * in);
      }
      if (input.sums == nullptr) return;
      input.sums->add(strip, g, before.x + begin * in, before.activation, before.mean, end - begin);
    });
  });
  add_parts(sums, in * out, weight_gradient);
}

ChannelMoments pointwise_forward(const ActivatedRows& source, const PackedPairs& weight, const Strips& strips,
                                 Bfloat16* x) {
  const int64_t in = source.columns(), out = weight.columns();
  const int64_t rows = block_rows((in + out) / 2);
  MomentStrips moments(strips, out);
  std::vector<AlignedFloats> scratch = scratch_of_parts(rows * in / 2);
  over_strips(strips, [&](int64_t strip, int64_t part) {
    over_blocks(strips, strip, rows, [&](int64_t begin, int64_t end) {
      const Bfloat16* a = source.halves(begin, end, reinterpret_cast<Bfloat16*>(scratch[part].data()));
      ReadAhead ahead;
      source.read_ahead(end, std::min(end + rows, end_of_part(strips, part)), ahead);
      multiply_block(a, weight, end - begin, x + begin * out, {}, ahead);
      moments.add(strip, x + begin * out, end - begin);
    });
  });
  return moments.merge();
}

void pointwise_backward(const LayerOutput& output, const LayerGradient& gradient, const ActivatedRows& source,
                        const LayerOutput& before, const PackedPairs& weight, const Strips& strips,
                        const InputGradient& input, float* weight_gradient) {
  const int64_t in = source.columns(), out = output.channels;
  const int64_t rows = block_rows(in + out);
  // Per row: dx, dx as pairs, and the pairs of the input.
  std::vector<AlignedFloats> scratch = scratch_of_parts(rows * (2 * out + in) / 2), sums = zeros_of(in * out);
  over_strips(strips, [&](int64_t strip, int64_t part) {
    auto* dx = reinterpret_cast<Bfloat16*>(scratch[part].data());
    auto* dx_pairs = reinterpret_cast<Bfloat16Pair*>(scratch[part].data() + rows * out / 2);
    Bfloat16Pair* pairs = dx_pairs + rows * out / 2;
    over_blocks(strips, strip, rows, [&](int64_t begin, int64_t end) {
      gradient_pairs(gradient.g.halves() + begin * out, output.x.halves() + begin * out, output.activation,
                     gradient.through_norm, dx, dx_pairs, end - begin, out);
      source.pairs_again(begin, end, pairs);
      ReadAhead ahead = read_ahead(output, gradient, source, end, std::min(end + rows, end_of_part(strips, part)));
      add_transposed_product(dx_pairs, pairs, (end - begin + 1) / 2, out, in, sums[part].data(), ahead);
      if (!input.g) return;
      Bfloat16* g = input.g.halves() + begin * in;
      multiply_block(dx, weight, end - begin, g, {.add = input.add}, ahead);
      if (input.sums == nullptr) return;
      input.sums->add(strip, g, before.x + begin * in, before.activation, before.mean, end - begin);
    });
  });
  add_parts(sums, in * out, weight_gradient);
}

}  // namespace massface
