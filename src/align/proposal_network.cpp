#include "align/proposal_network.h"

#include <algorithm>

#include "core/error.h"
#include "kernels/packing.h"

namespace massface {
namespace {

// The windows of a block. Its layers take 2.6 MB together, of which one layer uses a part at a time. With blocks of
// half the size, which would fit better into a second-level cache of 1 MB, P-Net was 1 to 9 % slower on an AMD EPYC:
// more pixels are computed twice.
constexpr int64_t kBlockWidth = 96, kBlockHeight = 24;

constexpr int64_t kChannels[3] = {10, 16, 32};  // of the convolutions' outputs

// Three convolutions of 3 x 3 and the pooling in between: what a block of windows needs of its input, and what each
// layer leaves of it.
struct BlockSizes {
  // block: in windows. height, width: of the image.
  BlockSizes(const PixelBox& block, int64_t height, int64_t width)
      : pixels{2 * block.left, 2 * block.top, std::min(2 * (block.right + 4) + 2, width),
               std::min(2 * (block.bottom + 4) + 2, height)},
        pooled_height(pooled_size(pixels.height() - 2, 2)),
        pooled_width(pooled_size(pixels.width() - 2, 2)) {}

  PixelBox pixels;
  int64_t pooled_height, pooled_width;
};

}  // namespace

ProposalNetwork::ProposalNetwork(std::array<std::unique_ptr<ImageConvolution>, 3> convolutions, DenseLayer heads)
    : convolutions_(std::move(convolutions)), heads_(std::move(heads)) {
  check(heads_.weight.columns() == kOutputs, "P-Net has six outputs");
  for (size_t layer = 0; layer < 3; ++layer) {
    check(convolutions_[layer]->out_channels() == kChannels[layer], "P-Net has these channels");
  }
}

int64_t ProposalNetwork::memory() {
  constexpr int64_t kHeight = kBlockHeight + 6, kWidth = kBlockWidth + 6;
  constexpr int64_t kFloats = 4 * 3 + 4 * kChannels[0] + kChannels[0] + kChannels[1] + kChannels[2] + kOutputs;
  return kHeight * kWidth * kFloats * static_cast<int64_t>(sizeof(float)) +
         winograd_scratch_bytes(kChannels[1], kChannels[2], kHeight, kWidth);
}

void ProposalNetwork::run(int64_t height, int64_t width, const ReadPixels& read, const UseWindows& use) const {
  check(height >= kWindow && width >= kWindow, "an image is at least as large as a window");
  const int64_t rows = windows(height), columns = windows(width);
  const PixelBox largest{0, 0, std::min(columns, kBlockWidth), std::min(rows, kBlockHeight)};
  const BlockSizes most({0, 0, largest.right + 1, largest.bottom + 1}, height + 2, width + 2);
  const int64_t pixels = most.pixels.height() * most.pixels.width(), pooled = most.pooled_height * most.pooled_width;
  const auto channels = [&](size_t layer) { return convolutions_[layer]->out_channels(); };
  AlignedFloats image(pixels * 3), first(pixels * channels(0)), second(pooled * channels(0)),
      third(pooled * channels(1)), fourth(pooled * channels(2)), outputs(pooled * kOutputs);
  for (int64_t top = 0; top < rows; top += kBlockHeight) {
    for (int64_t left = 0; left < columns; left += kBlockWidth) {
      const PixelBox block{left, top, std::min(left + kBlockWidth, columns), std::min(top + kBlockHeight, rows)};
      const BlockSizes sizes(block, height, width);
      const int64_t h = sizes.pixels.height(), w = sizes.pixels.width();
      const int64_t pooled_h = sizes.pooled_height, pooled_w = sizes.pooled_width;
      read(sizes.pixels, image.data());
      convolutions_[0]->run(image.data(), h, w, w, first.data());
      max_pool(first.data(), h - 2, w - 2, w, channels(0), 2, second.data());
      convolutions_[1]->run(second.data(), pooled_h, pooled_w, pooled_w, third.data());
      convolutions_[2]->run(third.data(), pooled_h - 2, pooled_w - 2, pooled_w, fourth.data());
      for (int64_t y = 0; y < block.height(); ++y) {
        heads_.run(fourth.data() + y * pooled_w * channels(2), block.width(), outputs.data());
        use(block.left, block.top + y, block.width(), outputs.data());
      }
    }
  }
}

}  // namespace massface
