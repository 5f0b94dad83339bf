#include "kernels/fused_depthwise.h"

#include <algorithm>
#include <functional>
#include <vector>

#include "kernels/depthwise_rows.h"
#include "kernels/packing.h"

namespace massface {
namespace {

// Keeps the last three rows made of an image, padded; a row outside of the image is zeros. Rows must be requested from
// top to bottom, and none more than two rows above the lowest one so far.
class RowWindow {
 public:
  using MakeRow = std::function<void(int64_t row, float* pixels)>;

  RowWindow(int64_t height, int64_t width, int64_t channels)
      : height_(height), channels_(channels), row_floats_((width + 2) * channels), rows_(kRows * row_floats_) {
    std::fill_n(rows_.data(), kRows * row_floats_, 0.0f);
  }

  void begin_image() { next_ = 0; }

  // Returns padded row y, which it makes if necessary.
  const float* row(int64_t y, const MakeRow& make) {
    if (y < 0 || y >= height_) return rows_.data() + (kRows - 1) * row_floats_;
    for (; next_ <= y; ++next_) make(next_, place(next_) + channels_);
    return place(y);
  }

 private:
  static constexpr int64_t kRows = 4;  // the last one remains zero
  float* place(int64_t y) { return rows_.data() + y % (kRows - 1) * row_floats_; }

  int64_t height_, channels_, row_floats_, next_ = 0;
  AlignedFloats rows_;
};

// Rotates the kernel by 180 degrees: a convolution with the result takes gradients back to the input.
std::vector<float> turned(const float* weights, int64_t channels) {
  std::vector<float> result(9 * channels);
  for (int64_t k = 0; k < 9; ++k) std::copy_n(weights + (8 - k) * channels, channels, result.data() + k * channels);
  return result;
}

void sum_images(const std::vector<float>& sums, int64_t batch, int64_t size, float* total) {
  std::vector<double> wide(size, 0.0);
  for (int64_t image = 0; image < batch; ++image) {
    for (int64_t i = 0; i < size; ++i) wide[i] += sums[image * size + i];
  }
  std::copy(wide.begin(), wide.end(), total);
}

// The rows of the input's value for one image, made as they are needed.
class ImageRows {
 public:
  ImageRows(const DepthwiseShape& shape, const LayerOutput& before)
      : shape_(shape), before_(before), values_(shape.height, shape.width, shape.channels) {}

  void begin_image(int64_t image) {
    values_.begin_image();
    x_ = before_.x + image * shape_.height * shape_.width * shape_.channels;
  }

  // Returns the three rows that output row y reads.
  std::array<const float*, 3> around(int64_t y) {
    const auto make = [&](int64_t row, float* pixels) {
      activate_rows(x_ + row * shape_.width * shape_.channels, before_.activation, nullptr, pixels, shape_.width,
                    shape_.channels);
    };
    std::array<const float*, 3> rows{};
    for (int64_t k = 0; k < 3; ++k) rows[k] = values_.row(y * shape_.stride - 1 + k, make);
    return rows;
  }

  // Adds the memory that around(y) will read for the first time.
  void read_ahead(int64_t y, ReadAhead& ahead) const {
    const int64_t begin = std::min(y * shape_.stride - 1 + (3 - shape_.stride), shape_.height);
    const int64_t end = std::min(begin + shape_.stride, shape_.height), row = shape_.width * shape_.channels;
    ahead.add(x_ + begin * row, (end - begin) * row);
  }

 private:
  DepthwiseShape shape_;
  LayerOutput before_;
  RowWindow values_;
  ConstValues x_;
};

// Writes a row of floats to memory: directly, or through a buffer whose numbers are then rounded to bfloat16.
class RowWriter {
 public:
  explicit RowWriter(int64_t floats) : scratch_(floats) {}
  float* begin(Values to) {
    to_ = to;
    return to.storage() == Storage::kFloat32 ? to.floats() : scratch_.data();
  }
  void end(int64_t floats) {
    if (to_.storage() != Storage::kFloat32) copy_values(scratch_.data(), to_, floats);
  }

 private:
  AlignedFloats scratch_;
  Values to_;
};

}  // namespace

Strips input_strips(const DepthwiseShape& shape) {
  return {.rows = shape.batch * shape.height * shape.width, .strip_rows = shape.height * shape.width};
}

Strips output_strips(const DepthwiseShape& shape) {
  const int64_t rows = shape.out_height() * shape.out_width();
  return {.rows = shape.batch * rows, .strip_rows = rows};
}

ChannelMoments depthwise_forward(const DepthwiseShape& shape, const LayerOutput& before, const float* weights,
                                 Values x) {
  const Strips strips = output_strips(shape);
  const int64_t width = shape.out_width();
  MomentStrips moments(strips, shape.channels);
  std::vector<ImageRows> parts;
  std::vector<RowWriter> writers;
  for (int64_t part = 0; part < num_parts(); ++part) {
    parts.emplace_back(shape, before);
    writers.emplace_back(width * shape.channels);
  }
  over_strips(strips, [&](int64_t image, int64_t part) {
    ImageRows& rows = parts[part];
    rows.begin_image(image);
    for (int64_t y = 0; y < shape.out_height(); ++y) {
      const Values out = x + (strips.begin(image) + y * width) * shape.channels;
      const auto around = rows.around(y);
      ReadAhead ahead;
      rows.read_ahead(y + 1, ahead);
      depthwise_row(around.data(), weights, writers[part].begin(out), width, shape.stride, shape.channels, ahead);
      writers[part].end(width * shape.channels);
      moments.add(image, out, width);
    }
  });
  return moments.merge();
}

namespace {

// The backward pass of one thread, image by image.
class DepthwiseBackward {
 public:
  DepthwiseBackward(const DepthwiseShape& shape, const LayerOutput& output, const LayerGradient& gradient,
                    const LayerOutput& before, const float* weights, const float* turned_weights,
                    const InputGradient& input)
      : shape_(shape),
        output_(output),
        gradient_(gradient),
        before_(before),
        weights_(weights),
        turned_weights_(turned_weights),
        input_(input),
        values_(shape, before),
        gradients_(shape.out_height(), shape.out_width(), shape.channels),
        writer_(shape.width * shape.channels) {}

  void image(int64_t image, float* weight_gradient) {
    image_ = image;
    weight_gradient_ = weight_gradient;
    values_.begin_image(image);
    gradients_.begin_image();
    for (int64_t y = 0; y < shape_.height; ++y) input_row(y);
  }

 private:
  // Returns the padded gradient of an output row before BatchNorm. When a row is made, its share is added to the
  // gradient of the weights.
  const float* dx(int64_t y) {
    return gradients_.row(y, [&](int64_t row, float* pixels) {
      const int64_t at = ((image_ * shape_.out_height() + row) * shape_.out_width()) * shape_.channels;
      gradient_rows(gradient_.g + at, output_.x + at, output_.activation, gradient_.through_norm, pixels,
                    shape_.out_width(), shape_.channels);
      const auto around = values_.around(row);
      read_ahead(row + 1);
      depthwise_weight_gradient_row(around.data(), pixels, weight_gradient_, shape_.out_width(), shape_.stride,
                                    shape_.channels, ahead_);
    });
  }

  // Sets ahead_ to the memory that dx(y) will read.
  void read_ahead(int64_t y) {
    ahead_ = {};
    if (y >= shape_.out_height()) return;
    const int64_t numbers = shape_.out_width() * shape_.channels;
    const int64_t at = (image_ * shape_.out_height() + y) * numbers;
    ahead_.add(gradient_.g + at, numbers);
    ahead_.add(output_.x + at, numbers);
    values_.read_ahead(y, ahead_);
  }

  void input_row(int64_t y) {
    const int64_t row = (image_ * shape_.height + y) * shape_.width;
    const Values g = input_.g + row * shape_.channels;
    float* to = writer_.begin(g);
    if (shape_.stride == 1) {
      const std::array<const float*, 3> rows = {dx(y - 1), dx(y), dx(y + 1)};
      depthwise_row(rows.data(), turned_weights_, to, shape_.width, 1, shape_.channels, ahead_);
    } else {
      depthwise_input_gradient_row_of_stride_2(taps(y).data(), weights_, to, shape_.width, shape_.channels, ahead_);
    }
    writer_.end(shape_.width * shape_.channels);
    if (input_.sums == nullptr) return;
    input_.sums->add(image_, g, before_.x + row * shape_.channels, before_.activation, before_.mean, shape_.width);
  }

  // An even input row met the kernel's middle row. An odd one met its last row and, in the next output row, its first.
  std::array<GradientTap, 2> taps(int64_t y) {
    if (y % 2 == 0) return {{{dx(y / 2), 1}, {}}};
    return {{{dx(y / 2), 2}, {dx(y / 2 + 1), 0}}};
  }

  DepthwiseShape shape_;
  LayerOutput output_;
  LayerGradient gradient_;
  LayerOutput before_;
  const float* weights_;
  const float* turned_weights_;
  InputGradient input_;
  ImageRows values_;
  RowWindow gradients_;
  RowWriter writer_;
  ReadAhead ahead_;
  int64_t image_ = 0;
  float* weight_gradient_ = nullptr;
};

}  // namespace

void depthwise_backward(const DepthwiseShape& shape, const LayerOutput& output, const LayerGradient& gradient,
                        const LayerOutput& before, const float* weights, const InputGradient& input,
                        float* weight_gradient) {
  const std::vector<float> turned_weights = turned(weights, shape.channels);
  const int64_t size = 9 * shape.channels;
  std::vector<float> sums(shape.batch * size, 0.0f);
  std::vector<DepthwiseBackward> parts;
  for (int64_t part = 0; part < num_parts(); ++part) {
    parts.emplace_back(shape, output, gradient, before, weights, turned_weights.data(), input);
  }
  over_strips(input_strips(shape),
              [&](int64_t image, int64_t part) { parts[part].image(image, sums.data() + image * size); });
  sum_images(sums, shape.batch, size, weight_gradient);
}

}  // namespace massface
