#include "kernels/fused_pointwise.h"

#include <algorithm>
#include <vector>

namespace massface {
namespace {

// Blocks of rows whose input and output stay in half a second-level cache.
constexpr int64_t kBlockFloats = 48 * 1024;

int64_t block_rows(int64_t floats_per_row) { return std::max<int64_t>(1, kBlockFloats / floats_per_row / 12) * 12; }

template <class Use>
void over_blocks(const Strips& strips, int64_t strip, int64_t rows, const Use& use) {
  for (int64_t begin = strips.begin(strip); begin < strips.end(strip); begin += rows) {
    use(begin, std::min(begin + rows, strips.end(strip)));
  }
}

// What the threads summed, in order.
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
  const int64_t channels = columns();
  const int64_t at = begin * channels;
  float* to = input_.kept != nullptr ? input_.kept + at : scratch;
  activate_rows(input_.before.x + at, input_.before.activation, input_.added != nullptr ? input_.added + at : nullptr,
                to, end - begin, channels);
  return to;
}

const float* ActivatedRows::rows_again(int64_t begin, int64_t end, float* scratch) const {
  return input_.kept != nullptr ? input_.kept + begin * columns() : rows(begin, end, scratch);
}

void ActivatedRows::read_ahead(int64_t begin, int64_t end, ReadAhead& ahead) const {
  ahead.add(input_.before.x + begin * columns(), (end - begin) * columns());
  if (input_.added != nullptr) ahead.add(input_.added + begin * columns(), (end - begin) * columns());
}

void ActivatedRows::read_ahead_again(int64_t begin, int64_t end, ReadAhead& ahead) const {
  if (input_.kept == nullptr) return read_ahead(begin, end, ahead);
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

ChannelMoments pointwise_forward(const RowSource& source, const PackedMatrix& weight, const Strips& strips, float* x) {
  const int64_t in = source.columns(), out = weight.columns();
  const int64_t rows = block_rows(in + out);
  MomentStrips moments(strips, out);
  std::vector<AlignedFloats> scratch;
  for (int64_t part = 0; part < num_parts(); ++part) scratch.emplace_back(rows * in);
  over_strips(strips, [&](int64_t strip, int64_t part) {
    over_blocks(strips, strip, rows, [&](int64_t begin, int64_t end) {
      const float* a = source.rows(begin, end, scratch[part].data());
      ReadAhead ahead;
      source.read_ahead(end, std::min(end + rows, strips.end(strip)), ahead);
      multiply_block(a, weight, end - begin, x + begin * out, {}, ahead);
      moments.add(strip, x + begin * out, end - begin);
    });
  });
  return moments.merge();
}

void pointwise_backward(const LayerOutput& output, const LayerGradient& gradient, const RowSource& source,
                        const LayerOutput& before, const PackedMatrix* weight, const Strips& strips,
                        const InputGradient& input, float* weight_gradient) {
  const int64_t in = source.columns(), out = output.channels;
  const int64_t rows = block_rows(2 * in + out);
  std::vector<AlignedFloats> scratch, sums;
  for (int64_t part = 0; part < num_parts(); ++part) {
    scratch.emplace_back(rows * (in + out));
    sums.emplace_back(in * out);
    std::fill_n(sums.back().data(), in * out, 0.0f);
  }
  over_strips(strips, [&](int64_t strip, int64_t part) {
    float* dx = scratch[part].data();
    over_blocks(strips, strip, rows, [&](int64_t begin, int64_t end) {
      gradient_rows(gradient.g + begin * out, output.x + begin * out, output.activation, gradient.through_norm, dx,
                    end - begin, out);
      const float* a = source.rows_again(begin, end, dx + rows * out);
      const int64_t next = std::min(end + rows, strips.end(strip)) - end;
      ReadAhead ahead;
      ahead.add(gradient.g + end * out, next * out);
      ahead.add(output.x + end * out, next * out);
      source.read_ahead_again(end, end + next, ahead);
      add_transposed_product(dx, a, end - begin, out, in, sums[part].data(), ahead);
      if (input.g == nullptr) return;
      float* g = input.g + begin * in;
      multiply_block(dx, *weight, end - begin, g, {.add = input.add}, ahead);
      if (input.sums != nullptr) {
        input.sums->add(strip, g, before.x + begin * in, before.activation, before.mean, end - begin);
      }
    });
  });
  add_parts(sums, in * out, weight_gradient);
}

}  // namespace massface
