#include "pool/round_plan.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <map>
#include <set>

namespace massface {
namespace {

TEST(RoundPlan, PassesOverItsTripletsAgainInAnotherOrder) {
  const Triplets triplets{torch::tensor({0, 1, 4, 5}), torch::tensor({1, 0, 5, 4}), torch::tensor({4, 5, 0, 1})};
  const RoundPlan plan(triplets, 3, 1, 0, 10);
  std::map<std::vector<ImageIndex>, int> times;
  for (int64_t step = 10; step < 18; ++step) ++times[plan.batch(step)];
  EXPECT_EQ(times.size(), 4u) << "each of them in each pass";
  for (const auto& [images, count] : times) EXPECT_EQ(count, 2);
  std::set<std::vector<ImageIndex>> firsts;
  for (int64_t step = 10; step < 50; step += 4) firsts.insert(plan.batch(step));
  EXPECT_GT(firsts.size(), 1u);
  EXPECT_EQ(RoundPlan(triplets, 3, 1, 0, 10).batch(40), plan.batch(40));
}

}  // namespace
}  // namespace massface
