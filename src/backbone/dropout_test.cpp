#include "backbone/dropout.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "backbone/backbone.h"
#include "backbone/testing_images.h"
#include "core/error.h"

namespace massface {
namespace {

TEST(Dropout, ZeroesItsShareOfTheNumbersAndScalesTheOthers) {
  const Tensor x = torch::full({64, 8, 4, 4}, 3.0f).requires_grad_();
  const Tensor y = dropout(x, 0.4, {.seed = 1, .step = 2});
  const Tensor dropped = y == 0;
  // 8,192 numbers: a standard deviation of 0.0054.
  EXPECT_NEAR(dropped.to(at::kDouble).mean().item<double>(), 0.4, 0.02);
  EXPECT_TRUE(torch::allclose(y.masked_select(dropped.logical_not()), torch::full({1}, 5.0f)));
  y.sum().backward();
  EXPECT_TRUE(torch::allclose(x.grad() * 3, y));
}

TEST(Dropout, PartsOfABatchDropWhatTheWholeDrops) {
  const Tensor x = torch::ones({9, 5, 3, 2});
  const Tensor whole = dropout(x, 0.5, {.seed = 7, .step = 3});
  EXPECT_TRUE(
      torch::equal(dropout(x.slice(0, 4, 9), 0.5, {.seed = 7, .step = 3, .first_row = 4}), whole.slice(0, 4, 9)));
  EXPECT_TRUE(torch::equal(dropout(x.contiguous(at::MemoryFormat::ChannelsLast), 0.5, {.seed = 7, .step = 3}), whole));
  EXPECT_FALSE(torch::equal(whole[0], whole[1]));
  EXPECT_FALSE(torch::equal(dropout(x, 0.5, {.seed = 7, .step = 4}), whole));
  EXPECT_FALSE(torch::equal(dropout(x, 0.5, {.seed = 8, .step = 3}), whole));
  EXPECT_EQ(dropout(x.slice(0, 0, 0), 0.5, {}).size(0), 0);
}

TEST(EveryBackbone, DropsInputsOfItsLastLayerInTrainingAlone) {
  const at::NoGradGuard no_grad;
  for (const std::string& name : backbone_names()) {
    SCOPED_TRACE(name);
    const int64_t size = small_size(name);
    const auto with = make_backbone({.name = name, .dropout = 0.5}, size, size, 1),
               without = copy_of(*with, {.name = name}, size, size);
    const Tensor x = random_images(4, size, size);
    with->train();
    with->set_batch_norm(BatchNormMode::kFrozen);
    with->draw_dropout({.seed = 3, .step = 5});
    const Tensor first = with->forward(x);
    EXPECT_TRUE(torch::equal(with->forward(x), first));
    with->draw_dropout({.seed = 3, .step = 6});
    EXPECT_FALSE(torch::allclose(with->forward(x), first));
    // Images 2 and 3 of the batch, in a pass of their own.
    with->draw_dropout({.seed = 3, .step = 5, .first_row = 2});
    const Tensor parts = with->forward(x.slice(0, 2, 4)), whole = first.slice(0, 2, 4);
    EXPECT_LT((parts - whole).norm().item<double>(), 1e-4 * whole.norm().item<double>());
    with->eval();
    without->eval();
    EXPECT_TRUE(torch::equal(with->forward(x), without->forward(x)));
  }
}

TEST(Dropout, RatesOutsideOfZeroToOneAreRefused) {
  for (const double rate : {-0.1, 1.0, 1.5}) {
    EXPECT_THROW(make_backbone({.name = "mobilefacenet", .dropout = rate}, 32, 32, 1), Error) << rate;
  }
}

}  // namespace
}  // namespace massface
