#pragma once

#include <cstdint>
#include <memory>
#include <vector>

namespace massface {

// A convolution with stride 1 and without padding, with bias and PReLU, of one channels-last image that fits into the
// cache, on the calling thread. Meant for the small networks of a face detector.
//
// Rows of pixels are `pitch` pixels apart, in the input and in the output, and only the first ones count. The last
// side - 1 pixels that count in the input, and those that do not, leave pixels without meaning in the output. Networks
// simply carry them along, since no meaningful pixel is ever computed from them.
class ImageConvolution {
 public:
  struct Parameters {
    int64_t side, in_channels, out_channels;
    std::vector<float> weight;  // [out_channels, side, side, in_channels]: kernels in channels-last memory
    std::vector<float> bias;    // [out_channels]
    std::vector<float> slope;   // [out_channels], of the PReLU; empty if there is none
  };

  virtual ~ImageConvolution() = default;

  // Returns a winograd_convolution() of every shape that it takes, and a direct_convolution() of any other.
  static std::unique_ptr<ImageConvolution> of(Parameters parameters);

  int64_t side() const { return parameters_.side; }
  int64_t in_channels() const { return parameters_.in_channels; }
  int64_t out_channels() const { return parameters_.out_channels; }

  // in: [height, pitch, in_channels], of which `width` pixels of a row count; both are at least side(). out: [height -
  // side + 1, pitch, out_channels], of which width - side + 1 pixels of a row count; the pixels of the last row that do
  // not count are not written. May be called from several threads.
  virtual void run(const float* in, int64_t height, int64_t width, int64_t pitch, float* out) const = 0;

 protected:
  explicit ImageConvolution(Parameters parameters) : parameters_(std::move(parameters)) {}
  const float* bias() const { return parameters_.bias.data(); }
  const float* slope() const { return parameters_.slope.empty() ? nullptr : parameters_.slope.data(); }
  const float* weight() const { return parameters_.weight.data(); }

 private:
  Parameters parameters_;
};

// Computes a product whose left rows are the image itself: the pixels below a row of the kernel are consecutive in
// memory, so nothing is copied. The pixels without meaning are computed from the start of the next row.
std::unique_ptr<ImageConvolution> direct_convolution(ImageConvolution::Parameters parameters);

// 3 x 3 kernels with the transforms F(4 x 4, 3 x 3) of Lavin and Gray, "Fast algorithms for convolutional neural
// networks", CVPR 2016: a quarter of the multiplications, for tiles of 4 x 4 output pixels; and some ten times the
// rounding error. Takes kernels with at least 16 channels of input and a multiple of 16 of output.
std::unique_ptr<ImageConvolution> winograd_convolution(ImageConvolution::Parameters parameters);

// The memory in bytes that run() of a winograd_convolution() allocates while it computes an image of height x width
// pixels. A direct_convolution() allocates none.
int64_t winograd_scratch_bytes(int64_t in_channels, int64_t out_channels, int64_t height, int64_t width);

// The largest numbers of windows of `side` x `side` pixels, two pixels apart, of a channels-last image; windows at the
// right and bottom edge may extend beyond it (the "ceil mode" of PyTorch's max_pool2d). The rows of the image are
// `pitch` pixels apart, of which the first `width` count. out: [pooled_size(height, side), pooled_size(width, side),
// channels].
void max_pool(const float* in, int64_t height, int64_t width, int64_t pitch, int64_t channels, int64_t side,
              float* out);

// The number of windows along a side of `size` >= `side` pixels.
constexpr int64_t pooled_size(int64_t size, int64_t side) { return (size - side + 1) / 2 + 1; }

}  // namespace massface
