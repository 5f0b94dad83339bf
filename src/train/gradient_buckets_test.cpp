#include "train/gradient_buckets.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "distributed/testing_processes.h"

namespace massface {
namespace {

// Parameters of these sizes, whose gradients in process r are all r + 1 times their index + 1.
std::vector<Tensor> parameters_of(const std::vector<int64_t>& sizes) {
  std::vector<Tensor> parameters;
  for (const int64_t size : sizes) parameters.push_back(torch::zeros({size}, torch::requires_grad()));
  return parameters;
}

Tensor gradient_of(const std::vector<Tensor>& parameters, size_t i, int64_t rank) {
  return torch::full_like(parameters[i].detach(), static_cast<double>((rank + 1) * static_cast<int64_t>(i + 1)));
}

// Takes one step in 3 processes. announced: which of the network's gradients are announced, from the last to the first.
// Process 2 has no images: it has no gradients of the network.
std::vector<std::string> sums_of(int64_t bucket_bytes, const std::vector<size_t>& announced,
                                 at::ScalarType type = at::kFloat) {
  return as_processes(3, [&](Processes& own) -> std::string {
    const std::shared_ptr<Processes> processes(std::shared_ptr<Processes>(), &own);
    const auto network = parameters_of({5, 300, 7, 1, 40});
    GradientBuckets buckets(network, processes, type, bucket_bytes);
    for (int64_t step = 0; step < 2; ++step) {
      const Tensor loss = torch::full({}, static_cast<double>(own.rank()));
      for (const auto& parameter : network) parameter.mutable_grad() = Tensor();
      buckets.begin(loss, true);
      if (own.rank() < 2) {
        for (const size_t i : announced) buckets.ready(network[i], gradient_of(network, i, own.rank()));
        for (const size_t i : announced) buckets.ready(network[i], torch::ones_like(network[i].detach()));
        for (size_t i = 0; i < network.size(); ++i) network[i].mutable_grad() = gradient_of(network, i, own.rank());
      }
      buckets.finish();
      if (loss.item<float>() != 3) return "the loss is " + std::to_string(loss.item<float>());
      for (size_t i = 0; i < network.size(); ++i) {
        const auto sum = static_cast<double>(3 * (i + 1));  // of the first two processes
        if (!network[i].grad().equal(torch::full_like(network[i].detach(), sum))) {
          return fmt::format("gradient {} is wrong in step {}", i, step);
        }
      }
    }
    return "right";
  });
}

TEST(GradientBuckets, SumWhatIsAnnouncedAndWhatIsNot) {
  const std::vector<std::string> right(3, "right");
  for (const int64_t bytes : {4, 1000, 1 << 20}) {
    EXPECT_EQ(sums_of(bytes, {4, 3, 2, 1, 0}), right) << bytes;
    EXPECT_EQ(sums_of(bytes, {4, 3}), right) << bytes;
    EXPECT_EQ(sums_of(bytes, {}), right) << bytes;
    EXPECT_EQ(sums_of(bytes, {4, 3}, at::kBFloat16), right) << "these numbers are exact in bfloat16";
  }
}

TEST(GradientBuckets, LeaveTheNetworkAloneWhileItDoesNotLearn) {
  const auto results = as_processes(2, [](Processes& own) -> std::string {
    const std::shared_ptr<Processes> processes(std::shared_ptr<Processes>(), &own);
    const auto network = parameters_of({5});
    GradientBuckets buckets(network, processes);
    const Tensor loss = torch::ones({});
    buckets.begin(loss, false);
    buckets.finish();
    return loss.item<float>() == 2 && !network[0].grad().defined() ? "right" : "wrong";
  });
  EXPECT_EQ(results, std::vector<std::string>(2, "right"));
}

}  // namespace
}  // namespace massface
