#include "align/crop_network.h"

#include <algorithm>

#include "core/error.h"
#include "kernels/packing.h"

namespace massface {
namespace {

// The size of an image within a pass. Its rows are `pitch` pixels apart, of which the first `width` count.
struct Extent {
  int64_t height, width, pitch;

  Extent convolved(int64_t side) const { return {height - side + 1, width - side + 1, pitch}; }
  Extent pooled(int64_t side) const {
    const int64_t columns = pooled_size(width, side);
    return {pooled_size(height, side), columns, columns};
  }
  int64_t pixels() const { return height * pitch; }
};

}  // namespace

CropNetwork::CropNetwork(int64_t side, std::vector<Stage> stages, DenseLayer dense, DenseLayer heads)
    : side_(side), stages_(std::move(stages)), dense_(std::move(dense)), heads_(std::move(heads)) {
  Extent extent{side, side, side};
  for (const auto& [convolution, pool] : stages_) {
    extent = extent.convolved(convolution->side());
    largest_ = std::max(largest_, extent.pixels() * convolution->out_channels());
    if (pool > 0) extent = extent.pooled(pool);
  }
  check(extent.height * extent.width * stages_.back().convolution->out_channels() == dense_.weight.depth(),
        "the dense layer takes what the convolutions leave");
}

void CropNetwork::convolve(const float* crop, float* memory, float* other, float* features) const {
  Extent extent{side_, side_, side_};
  const float* in = crop;
  for (const auto& [convolution, pool] : stages_) {
    convolution->run(in, extent.height, extent.width, extent.pitch, memory);
    extent = extent.convolved(convolution->side());
    if (pool > 0) {
      max_pool(memory, extent.height, extent.width, extent.pitch, convolution->out_channels(), pool, other);
      extent = extent.pooled(pool);
      in = other;
    } else {
      in = memory;
      std::swap(memory, other);
    }
  }
  const int64_t channels = stages_.back().convolution->out_channels();
  for (int64_t y = 0; y < extent.height; ++y, features += extent.width * channels) {
    std::copy_n(in + y * extent.pitch * channels, extent.width * channels, features);
  }
}

std::vector<float> CropNetwork::run(const float* crops, int64_t count) const {
  const int64_t depth = dense_.weight.depth();
  AlignedFloats memory(largest_), other(largest_), features(count * depth), hidden(count * dense_.weight.columns());
  std::vector<float> result(static_cast<size_t>(count * outputs()));
  for (int64_t i = 0; i < count; ++i) {
    convolve(crops + i * side_ * side_ * 3, memory.data(), other.data(), features.data() + i * depth);
  }
  dense_.run(features.data(), count, hidden.data());
  heads_.run(hidden.data(), count, result.data());
  return result;
}

}  // namespace massface
