#include "train/embedding_pass.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "core/random.h"

namespace massface {
namespace {

struct EmbeddingPassTest : testing::Test {
  EmbeddingPassTest() {
    // Coarse patterns: images of pure noise would all look alike to the network.
    Random random(3, RandomStream::kSyntheticImage);
    Tensor coarse = torch::empty({14, 4, 4, 3}, torch::kUInt8);
    for (int64_t i = 0; i < coarse.numel(); ++i)
      coarse.data_ptr<uint8_t>()[i] = static_cast<uint8_t>(random.below(256));
    images = coarse.repeat_interleave(8, 1).repeat_interleave(8, 2);
    // Statistics near the batch's, as after a training.
    model.network->train();
    const torch::NoGradGuard no_grad;
    for (int step = 0; step < 30; ++step) forward(model, images);
  }

  // A loss that ties every embedding to all others.
  static Tensor loss_of(const Tensor& embeddings) {
    const Tensor unit = embeddings / embeddings.norm(2, 1, true);
    return (3 * unit.mm(unit.t())).softmax(1).square().sum();
  }

  std::vector<Tensor> gradients(BatchNormMode mode, int64_t sub_batch) {
    for (Tensor& parameter : model.network->parameters()) parameter.mutable_grad().reset();
    model.network->set_batch_norm(mode);
    EmbeddingPass pass(model, images, {.sub_batch = sub_batch, .dropout = {.seed = 1, .step = 7}});
    pass.backward(loss_of(pass.embeddings()));
    std::vector<Tensor> list;
    for (const Tensor& parameter : model.network->parameters()) list.push_back(parameter.grad());
    return list;
  }

  Model model = make_model({.name = "mobilefacenet", .embedding_size = 8}, {.height = 32, .width = 32}, 1);
  Tensor images;  // uint8 [14, 32, 32, 3]
};

TEST_F(EmbeddingPassTest, InSubBatchesHasTheGradientOfTheWholeBatch) {
  for (const auto mode : {BatchNormMode::kFrozen, BatchNormMode::kRunning}) {
    const auto whole = gradients(mode, 0);
    for (const int64_t sub_batch : {1, 4, 13, 14, 100}) {
      const auto parts = gradients(mode, sub_batch);
      for (size_t i = 0; i < whole.size(); ++i) {
        ASSERT_EQ(parts[i].defined(), whole[i].defined());
        if (!whole[i].defined()) continue;
        const double length = whole[i].norm().item<double>();
        EXPECT_GT(length, 0);
        EXPECT_LT((parts[i] - whole[i]).norm().item<double>(), 1e-3 * length) << sub_batch << " " << i;
      }
    }
  }
}

// The parts of a batch drop what the whole batch drops, in both passes through the network.
TEST_F(EmbeddingPassTest, DropoutIsThatOfTheWholeBatchInSubBatches) {
  const auto without = gradients(BatchNormMode::kFrozen, 0);
  model.network->set_dropout(0.5);
  const auto whole = gradients(BatchNormMode::kFrozen, 0);
  const Tensor &first = whole.front(), &plain = without.front();
  EXPECT_GT((first - plain).norm().item<double>(), 0.1 * plain.norm().item<double>());
  for (const int64_t sub_batch : {4, 13}) {
    const auto parts = gradients(BatchNormMode::kFrozen, sub_batch);
    const double distance = (parts.front() - first).norm().item<double>();
    EXPECT_LT(distance, 1e-3 * first.norm().item<double>()) << sub_batch;
  }
}

TEST_F(EmbeddingPassTest, InSubBatchesGivesTheSameEmbeddings) {
  model.network->set_batch_norm(BatchNormMode::kFrozen);
  const EmbeddingPass whole(model, images, {}), parts(model, images, {.sub_batch = 5});
  EXPECT_LT((whole.embeddings() - parts.embeddings()).abs().max().item<float>(), 1e-4f);
}

TEST_F(EmbeddingPassTest, OfANetworkThatDoesNotLearnLeavesItAsItIs) {
  const auto before = to_tensors(model);
  std::vector<Tensor> copies;
  for (const auto& [name, tensor] : before.tensors) copies.push_back(tensor.clone());
  Tensor classifier = torch::ones({8}).requires_grad_(true);
  EmbeddingPass pass(model, images, {.network_learns = false});
  EXPECT_FALSE(pass.embeddings().requires_grad());
  pass.backward((pass.embeddings() * classifier).sum());
  EXPECT_TRUE(classifier.grad().defined());
  for (const Tensor& parameter : model.network->parameters()) EXPECT_FALSE(parameter.grad().defined());
  for (size_t i = 0; i < copies.size(); ++i) EXPECT_TRUE(before.tensors[i].second.equal(copies[i]));
  EXPECT_TRUE(model.network->is_training());
  model.network->eval();
  EXPECT_TRUE(forward(model, images).equal(pass.embeddings())) << "as in evaluation";
}

}  // namespace
}  // namespace massface
