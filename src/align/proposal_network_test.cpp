#include "align/proposal_network.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <new>

#include "kernels/testing_targets.h"

namespace {

// The aligned memory that this thread has allocated and not freed, and the most that it ever was since it was reset.
thread_local int64_t aligned_bytes = 0, most_aligned_bytes = 0;

// Where a block's memory begins behind the note of its size.
size_t offset_of(std::align_val_t alignment) { return std::max(static_cast<size_t>(alignment), sizeof(size_t)); }

}  // namespace

// Count what AlignedArray allocates. They replace the functions of the C++ library in the whole test program.
void* operator new(size_t size, std::align_val_t alignment) {
  const size_t offset = offset_of(alignment);
  void* start = nullptr;
  if (posix_memalign(&start, offset, size + offset) != 0) throw std::bad_alloc();
  *static_cast<size_t*>(start) = size;
  aligned_bytes += static_cast<int64_t>(size);
  most_aligned_bytes = std::max(most_aligned_bytes, aligned_bytes);
  return static_cast<char*>(start) + offset;
}

void operator delete(void* pointer, std::align_val_t alignment) noexcept {
  if (pointer == nullptr) return;
  void* start = static_cast<char*>(pointer) - offset_of(alignment);
  aligned_bytes -= static_cast<int64_t>(*static_cast<size_t*>(start));
  std::free(start);
}

namespace massface {
namespace {

std::unique_ptr<ImageConvolution> constant_convolution(int64_t in, int64_t out) {
  return ImageConvolution::of({.side = 3,
                               .in_channels = in,
                               .out_channels = out,
                               .weight = std::vector<float>(9 * in * out, 0.01f),
                               .bias = std::vector<float>(out),
                               .slope = {}});
}

ProposalNetwork constant_network() {
  const std::vector<float> heads(32 * ProposalNetwork::kOutputs, 0.01f);
  return {{constant_convolution(3, 10), constant_convolution(10, 16), constant_convolution(16, 32)},
          {.weight = PackedMatrix(heads.data(), 32, ProposalNetwork::kOutputs, ProposalNetwork::kOutputs, 1),
           .bias = std::vector<float>(ProposalNetwork::kOutputs),
           .slope = {}}};
}

TEST(ProposalNetwork, TakesNoMoreMemoryThanItSays) {
  on_all_targets([] {
    const ProposalNetwork network = constant_network();
    const auto taken = [&](int64_t height, int64_t width) {
      const int64_t before = most_aligned_bytes = aligned_bytes;
      network.run(
          height, width,
          [](const PixelBox& box, float* out) { std::fill_n(out, box.height() * box.width() * 3, 0.5f); },
          [](int64_t, int64_t, int64_t, const float*) {});
      return most_aligned_bytes - before;
    };
    for (const auto& [height, width] : {std::pair<int64_t, int64_t>{12, 12}, {12, 3000}, {3000, 12}, {400, 400}}) {
      EXPECT_GT(taken(height, width), 0);
      EXPECT_LE(taken(height, width), ProposalNetwork::memory()) << height << " x " << width;
    }
    EXPECT_GT(taken(1000, 1000), 0.9 * static_cast<double>(ProposalNetwork::memory())) << "the bound is far too high";
  });
}

}  // namespace
}  // namespace massface
