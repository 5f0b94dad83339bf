#include "loss/embedding_memory.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

namespace massface {
namespace {

// Images first to last - 1, each with its own number as embedding and label.
void add_images(EmbeddingMemory& memory, int64_t first, int64_t last) {
  const Tensor numbers = at::arange(first, last, at::kLong);
  memory.add(numbers.to(at::kFloat).unsqueeze(1), numbers, numbers);
}

std::vector<int64_t> images_in(const EmbeddingMemory& memory) {
  const Tensor sorted = std::get<0>(memory.held().images.sort());
  return {sorted.const_data_ptr<int64_t>(), sorted.const_data_ptr<int64_t>() + sorted.numel()};
}

TEST(EmbeddingMemory, HoldsTheNewestImages) {
  EmbeddingMemory memory(5, 1);
  EXPECT_EQ(memory.size(), 0);
  add_images(memory, 0, 3);
  EXPECT_EQ(images_in(memory), (std::vector<int64_t>{0, 1, 2}));
  add_images(memory, 3, 7);
  EXPECT_EQ(images_in(memory), (std::vector<int64_t>{2, 3, 4, 5, 6}));
  add_images(memory, 10, 30);
  EXPECT_EQ(images_in(memory), (std::vector<int64_t>{25, 26, 27, 28, 29}));
  add_images(memory, 30, 31);
  EXPECT_EQ(images_in(memory), (std::vector<int64_t>{26, 27, 28, 29, 30}));
  const auto held = memory.held();
  EXPECT_TRUE(held.embeddings.squeeze(1).equal(held.images.to(at::kFloat)));
  EXPECT_TRUE(held.labels.equal(held.images));
}

TEST(EmbeddingMemory, MeasuresHowFarItsEmbeddingsAreFromThoseOfNow) {
  EmbeddingMemory memory(4, 1);
  add_images(memory, 0, 4);
  const Tensor now = at::tensor({1.5f, 3.0f, 9.0f}).unsqueeze(1);
  // Of images 1 and 3 something is held, of image 7 nothing: (0.5^2 + 0^2) / 2.
  EXPECT_NEAR(memory.drift(now, at::tensor({1, 3, 7}, at::kLong)), 0.125, 1e-6);
  EXPECT_TRUE(std::isnan(memory.drift(now, at::tensor({7, 8, 9}, at::kLong))));
}

TEST(EmbeddingMemory, IsRestoredFromItsBuffers) {
  EmbeddingMemory memory(5, 1), copy(5, 1);
  add_images(memory, 0, 8);
  const auto from = memory.buffers(), to = copy.buffers();
  for (size_t i = 0; i < from.size(); ++i) Tensor(to[i].second).copy_(from[i].second);
  add_images(memory, 8, 10);
  add_images(copy, 8, 10);
  EXPECT_TRUE(memory.held().images.equal(copy.held().images));
}

}  // namespace
}  // namespace massface
