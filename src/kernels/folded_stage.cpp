#include "kernels/folded_stage.h"

#include <algorithm>
#include <numeric>

#include "core/error.h"
#include "kernels/depthwise_rows.h"
#include "kernels/fused_pointwise.h"

namespace massface {
namespace {

constexpr int64_t kTileRows = 12;  // also a multiple of the six rows of AVX2's tiles

// The approximate number of pixels that are multiplied at a time, and the limit in floats: enough to reuse each panel
// of weights often, few enough that their wide rows stay in half of a second-level cache.
constexpr int64_t kBlockPixels = 168;
constexpr int64_t kBlockFloats = 64 * 1024;

const float* data_or_null(const std::vector<float>& values) { return values.empty() ? nullptr : values.data(); }

// Returns the number of image rows of `width` pixels that make about one block, in whole tiles.
int64_t block_rows(int64_t width, int64_t channels) {
  const int64_t pixels = std::min(kBlockPixels, kBlockFloats / channels);
  const int64_t unit = kTileRows / std::gcd(kTileRows, width);
  return std::max<int64_t>({2, unit, pixels / (unit * width) * unit});
}

// scratch: floats [rows, columns] for a float product that is then rounded to bfloat16.
void multiply(const FoldedPointwise& layer, ConstValues a, int64_t rows, bool add, Values out, float* scratch) {
  ReadAhead nothing;
  const ProductEnds ends{add, layer.bias.data(), data_or_null(layer.slope)};
  if (const auto* pairs = std::get_if<PackedPairs>(&layer.weight)) {
    return multiply_block(a.halves(), *pairs, rows, out.halves(), ends, nothing);
  }
  const auto& matrix = std::get<PackedMatrix>(layer.weight);
  if (out.storage() == Storage::kFloat32) return multiply_block(a.floats(), matrix, rows, out.floats(), ends, nothing);
  multiply_block(a.floats(), matrix, rows, scratch, ends, nothing);
  copy_values(scratch, out, rows * layer.columns());
}

struct RowRange {
  int64_t begin, end;
};

// One run of a stage over rows of the output of a batch of images, whose rows are numbered consecutively.
class StageRun {
 public:
  StageRun(const FoldedStage& stage, RowRange rows, ConstValues in, Values out, float* scratch)
      : stage_(stage),
        rows_(rows),
        first_wide_(stage.depthwise ? first_row_of(rows.begin) : rows.begin),
        in_(in),
        out_(out),
        block_(block_rows(stage.width, stage.wide_channels())),
        wide_row_(stage.width * stage.wide_channels()),
        out_block_(block_rows(stage.out_width(), stage.wide_channels())),
        next_(rows.begin),
        projected_(rows.begin) {
    const auto take = [&](int64_t floats) { return std::exchange(scratch, scratch + round_up(floats, 16)); };
    const auto values = [&](int64_t numbers) { return values_in(take(numbers), stage.storage); };
    float* zeros = take(wide_row_);
    std::fill_n(zeros, wide_row_, 0.0f);  // bfloat16 zeros have the same bits
    zeros_ = values_in(zeros, stage.storage);
    if (stage.expand && stage.depthwise) ring_ = values(2 * block_ * wide_row_);
    if (stage.depthwise && stage.project) deep_ = values(out_block_ * stage.out_width() * stage.wide_channels());
    if (stage.image_size) patches_ = take(block_ * stage.width * stage.expand->depth());
    product_ = scratch;
  }

  void run() {
    const int64_t last_wide = stage_.depthwise ? last_row_of(rows_.end - 1) + 1 : rows_.end;
    for (int64_t begin = first_wide_; begin < last_wide; begin += block_) {
      const int64_t end = std::min(begin + block_, last_wide);
      widen(begin, end);
      while (stage_.depthwise && next_ < rows_.end && last_row_of(next_) < end) depthwise_row();
    }
    project_what_is_there();
  }

 private:
  // Computes the wide rows [begin, end), into the ring if a depthwise layer reads them, else into the output.
  void widen(int64_t begin, int64_t end) {
    if (!stage_.expand) return;
    const Values wide =
        ring_ ? ring_ + (begin - first_wide_) / block_ % 2 * block_ * wide_row_ : out_ + begin * wide_row_;
    const int64_t pixels = (end - begin) * stage_.width;
    ConstValues a;
    if (!stage_.image_size) {
      a = in_ + begin * stage_.width * stage_.channels;
    } else {
      const ImagePatches patches(in_.floats(), (*stage_.image_size)[0], (*stage_.image_size)[1]);
      a = patches.rows(begin * stage_.width, begin * stage_.width + pixels, patches_);
    }
    multiply(*stage_.expand, a, pixels, /*add=*/false, wide, product_);
  }

  // Return the first and the last wide row that an output row reads.
  int64_t first_row_of(int64_t out_row) const {
    const int64_t image = out_row / stage_.out_height(), y = out_row % stage_.out_height();
    return image * stage_.height + std::max<int64_t>(y * stage_.stride() - 1, 0);
  }
  int64_t last_row_of(int64_t out_row) const {
    const int64_t image = out_row / stage_.out_height(), y = out_row % stage_.out_height();
    return image * stage_.height + std::min(y * stage_.stride() + 1, stage_.height - 1);
  }

  ConstValues wide_row(int64_t row) const {
    if (!ring_) return in_ + row * wide_row_;
    return ring_ + (row - first_wide_) % (2 * block_) * wide_row_;
  }

  void depthwise_row() {
    const int64_t image = next_ / stage_.out_height(), y = next_ % stage_.out_height() * stage_.stride();
    std::array<ConstValues, 3> rows{};
    for (int64_t k = 0; k < 3; ++k) {
      const bool inside = y + k >= 1 && y + k <= stage_.height;
      rows[k] = inside ? wide_row(image * stage_.height + y - 1 + k) : zeros_;
    }
    const int64_t floats = stage_.out_width() * stage_.wide_channels();
    const Values to = deep_ ? deep_ + (next_ - projected_) * floats : out_ + next_ * floats;
    const FoldedDepthwise& layer = *stage_.depthwise;
    folded_depthwise_row(rows.data(), layer.weights.data(), {layer.bias.data(), data_or_null(layer.slope)}, to,
                         stage_.width, stage_.stride(), stage_.wide_channels());
    ++next_;
    if (next_ - projected_ == out_block_) project_what_is_there();
  }

  void project_what_is_there() {
    if (deep_ && next_ > projected_) {
      multiply(*stage_.project, deep_, (next_ - projected_) * stage_.out_width(), stage_.residual,
               out_ + projected_ * stage_.out_width() * stage_.out_channels(), product_);
    }
    projected_ = next_;
  }

  const FoldedStage& stage_;
  RowRange rows_;       // of the output
  int64_t first_wide_;  // the first wide row that they read
  ConstValues in_;
  Values out_;
  int64_t block_;      // rows that are widened at a time
  int64_t wide_row_;   // floats of a wide row
  int64_t out_block_;  // output rows that are projected at a time
  Values zeros_, ring_, deep_;
  float *patches_ = nullptr, *product_ = nullptr;
  int64_t next_;       // the next output row
  int64_t projected_;  // the first output row that is not finished
};

void run_global(const FoldedStage& stage, int64_t images, ConstValues in, Values out, float* scratch) {
  const FoldedDepthwise& layer = *stage.global;
  const int64_t channels = stage.channels, floats = stage.height * stage.width * channels;
  float* sum = scratch + floats;
  for (int64_t image = 0; image < images; ++image) {
    copy_values(in + image * floats, scratch, floats);
    std::ranges::copy(layer.bias, sum);
    for (int64_t i = 0; i < floats; i += channels) {
      for (int64_t c = 0; c < channels; ++c) sum[c] += scratch[i + c] * layer.weights[i + c];
    }
    for (int64_t c = 0; c < channels && !layer.slope.empty(); ++c) {
      sum[c] = sum[c] > 0 ? sum[c] : layer.slope[c] * sum[c];
    }
    copy_values(sum, out + image * channels, channels);
  }
}

}  // namespace

int64_t FoldedStage::scratch_floats() const {
  const int64_t wide = wide_channels(), block = block_rows(width, wide);
  if (global) return (height * width + 1) * channels;
  return round_up(width * wide, 16) + round_up(2 * block * width * wide, 16) +
         round_up(block_rows(out_width(), wide) * out_width() * wide, 16) +
         (image_size ? round_up(block * width * expand->depth(), 16) + block * width * wide : 0);
}

void run_stage(const FoldedStage& stage, int64_t images, ConstValues in, Values out, float* scratch) {
  if (stage.global) return run_global(stage, images, in, out, scratch);
  StageRun(stage, {0, images * stage.out_height()}, in, out, scratch).run();
}

void run_stage_rows(const FoldedStage& stage, int64_t begin, int64_t end, ConstValues in, Values out, float* scratch) {
  check(!stage.global && begin >= 0 && begin < end && end <= stage.out_height(), "rows of the output");
  StageRun(stage, {begin, end}, in, out, scratch).run();
}

}  // namespace massface
