#include "optimizer/optimizer.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "core/error.h"
#include "core/random.h"
#include "distributed/testing_processes.h"

namespace massface {
namespace {

using NamedParameters = Optimizer::NamedParameters;
const char* const kOptimizers[] = {"sgd", "adagrad", "adam"};

Tensor parameter(const Tensor& value) { return value.clone(at::MemoryFormat::Preserve).requires_grad_(true); }

Tensor random_tensor(at::IntArrayRef shape, uint64_t seed) {
  Random random(seed, RandomStream::kSyntheticImage);
  Tensor x = torch::empty(shape);
  for (int64_t i = 0; i < x.numel(); ++i) x.data_ptr<float>()[i] = random.normal();
  return x;
}

// A convolution in channels-last memory, a matrix and a bias, of sizes that no vector length divides.
NamedParameters sample_parameters() {
  return {{"convolution.weight", parameter(random_tensor({5, 3, 3, 3}, 1).to(at::MemoryFormat::ChannelsLast))},
          {"linear.weight", parameter(random_tensor({7, 13}, 2))},
          {"linear.bias", parameter(random_tensor({7}, 3))}};
}

void set_gradients(NamedParameters& parameters, uint64_t step) {
  for (size_t i = 0; i < parameters.size(); ++i) {
    Tensor& w = parameters[i].second;
    w.mutable_grad() = at::empty_like(w.detach()).copy_(random_tensor(w.sizes(), 100 * step + i));
  }
}

void train(Optimizer& optimizer, NamedParameters& parameters, int first, int last) {
  for (int step = first; step < last; ++step) {
    set_gradients(parameters, step);
    optimizer.step(0.1 / (1 + step));
    optimizer.zero_grad();
  }
}

// Updates one element in float64, by the rules in the header.
double by_hand(const std::string& name, double w, const std::vector<double>& gradients, double decay) {
  double first = 0, second = 0;
  for (size_t t = 1; t <= gradients.size(); ++t) {
    const double g = gradients[t - 1] + decay * w;
    if (name == "sgd") {
      first = 0.9 * first + g;
      w -= 0.1 * first;
    } else if (name == "adagrad") {
      second += g * g;
      w -= 0.1 * g / (std::sqrt(second) + 1e-10);
    } else {
      first = 0.9 * first + 0.1 * g;
      second = 0.999 * second + 0.001 * g * g;
      w -= 0.1 * (first / (1 - std::pow(0.9, t))) / (std::sqrt(second / (1 - std::pow(0.999, t))) + 1e-8);
    }
  }
  return w;
}

TEST(Optimizer, MovesEveryElementByItsRule) {
  for (const char* name : kOptimizers) {
    NamedParameters parameters = sample_parameters();
    std::vector<Tensor> start;
    for (auto& [_, w] : parameters) start.push_back(w.detach().clone());
    Optimizer optimizer({.name = name, .weight_decay = 0.01}, parameters);
    for (uint64_t step = 0; step < 4; ++step) {
      set_gradients(parameters, step);
      optimizer.step(0.1);
    }
    for (size_t i = 0; i < parameters.size(); ++i) {
      const Tensor ended = parameters[i].second.detach().contiguous(), begun = start[i].contiguous();
      const double decay = i == 2 ? 0 : 0.01;  // the bias does not decay
      for (int64_t k = 0; k < ended.numel(); ++k) {
        std::vector<double> gradients;
        for (uint64_t step = 0; step < 4; ++step)
          gradients.push_back(random_tensor(ended.sizes(), 100 * step + i).data_ptr<float>()[k]);
        EXPECT_NEAR(ended.data_ptr<float>()[k], by_hand(name, begun.data_ptr<float>()[k], gradients, decay), 1e-5)
            << name << " " << parameters[i].first << " " << k;
      }
    }
  }
}

TEST(Optimizer, DecaysParametersOfOneDimensionOnlyWhereAsked) {
  for (const bool asked : {false, true}) {
    NamedParameters parameters{{"weight", parameter(torch::ones({2, 2}))}, {"bias", parameter(torch::ones({2}))}};
    Optimizer optimizer({.weight_decay = 0.5, .decay_norm_and_bias = asked}, parameters);
    for (auto& [_, w] : parameters) w.mutable_grad() = torch::zeros_like(w);
    optimizer.step(0.1);
    EXPECT_TRUE(parameters[0].second.equal(torch::full({2, 2}, 0.95f)));
    EXPECT_TRUE(parameters[1].second.equal(torch::full({2}, asked ? 0.95f : 1.0f)));
  }
}

TEST(Optimizer, DecaysEachRoleByItsOwnWeightDecay) {
  const auto ones = [](const char* name) { return NamedParameters{{name, parameter(torch::ones({2, 2}))}}; };
  struct Case {
    double embedding, classifier;
    float expected_embedding, expected_classifier;
  };
  for (const Case& asked : {Case{-1, -1, 0.95f, 0.95f}, Case{0.25, 0, 0.975f, 1}, Case{0, 0.25, 1, 0.975f}}) {
    const Optimizer::Parameters parameters{
        .body = ones("body"), .embedding_layers = ones("embedding"), .classifier = ones("classifier")};
    Optimizer optimizer(
        {.weight_decay = 0.5, .embedding_weight_decay = asked.embedding, .classifier_weight_decay = asked.classifier},
        parameters);
    for (const auto* role : {&parameters.body, &parameters.embedding_layers, &parameters.classifier}) {
      Tensor weight = (*role)[0].second;
      weight.mutable_grad() = torch::zeros({2, 2});
    }
    optimizer.step(0.1);
    EXPECT_TRUE(parameters.body[0].second.equal(torch::full({2, 2}, 0.95f)));
    EXPECT_TRUE(parameters.embedding_layers[0].second.equal(torch::full({2, 2}, asked.expected_embedding)));
    EXPECT_TRUE(parameters.classifier[0].second.equal(torch::full({2, 2}, asked.expected_classifier)));
  }
}

TEST(Optimizer, OfNesterovLooksAStepOfMomentumAhead) {
  NamedParameters parameters{{"weight", parameter(torch::ones({1, 3}))}};
  Optimizer optimizer({.momentum = 0.5, .nesterov = true, .weight_decay = 0}, parameters);
  double w = 1, momentum = 0;
  for (int step = 0; step < 3; ++step) {
    const double gradient = 1 + step;
    parameters[0].second.mutable_grad() = torch::full({1, 3}, gradient);
    optimizer.step(0.125);
    momentum = 0.5 * momentum + gradient;
    w -= 0.125 * (gradient + 0.5 * momentum);
    EXPECT_NEAR(parameters[0].second[0][0].item<double>(), w, 1e-6);
  }
  EXPECT_THROW((OptimizerOptions{.momentum = 0, .nesterov = true}.check()), Error);
  EXPECT_THROW((OptimizerOptions{.name = "adam", .nesterov = true}.check()), Error);
}

TEST(Optimizer, WithoutMomentumIsPlainGradientDescent) {
  NamedParameters parameters{{"weight", parameter(torch::ones({1, 3}))}};
  Optimizer optimizer({.momentum = 0, .weight_decay = 0}, parameters);
  for (int step = 0; step < 3; ++step) {
    parameters[0].second.mutable_grad() = torch::full({1, 3}, 2.0f);
    optimizer.step(0.125);
  }
  EXPECT_TRUE(parameters[0].second.equal(torch::full({1, 3}, 0.25f)));
}

TEST(Optimizer, TakesAGradientThatLiesInAnotherOrderThanItsParameter) {
  for (const char* name : kOptimizers) {
    NamedParameters mixed = sample_parameters(), same = sample_parameters();
    Optimizer optimizer_mixed({.name = name}, mixed), optimizer_same({.name = name}, same);
    set_gradients(mixed, 1);
    set_gradients(same, 1);
    Tensor& w = mixed[0].second;
    w.mutable_grad() = w.grad().contiguous();
    ASSERT_NE(w.grad().strides(), w.strides());
    optimizer_mixed.step(0.1);
    optimizer_same.step(0.1);
    EXPECT_TRUE(w.equal(same[0].second)) << name;
  }
}

bool same_bytes(const Tensor& a, const Tensor& b) {
  const Tensor x = a.detach().contiguous(), y = b.detach().contiguous();
  return x.nbytes() == y.nbytes() && std::memcmp(x.data_ptr(), y.data_ptr(), x.nbytes()) == 0;
}

TEST(Optimizer, GoesOnBitExactlyFromItsState) {
  for (const char* name : kOptimizers) {
    NamedParameters straight = sample_parameters();
    Optimizer undisturbed({.name = name}, straight);
    train(undisturbed, straight, 0, 10);

    NamedParameters parameters = sample_parameters();
    Optimizer before({.name = name}, parameters);
    train(before, parameters, 0, 5);
    NamedTensors state = before.state();
    state.tensors.emplace_back("something.else", torch::zeros({3}));
    NamedParameters resumed;
    for (auto& [key, w] : parameters) resumed.emplace_back(key, parameter(w.detach()));
    train(before, parameters, 5, 7);  // the state is a copy: further steps do not change it
    Optimizer after({.name = name}, resumed);
    after.load_state(state, "a checkpoint");
    train(after, resumed, 5, 10);

    for (size_t i = 0; i < straight.size(); ++i) {
      EXPECT_TRUE(same_bytes(straight[i].second, resumed[i].second)) << name << " " << straight[i].first;
    }
    const NamedTensors one = undisturbed.state(), other = after.state();
    ASSERT_EQ(one.tensors.size(), other.tensors.size());
    EXPECT_EQ(one.metadata, other.metadata);
    for (size_t i = 0; i < one.tensors.size(); ++i) {
      EXPECT_EQ(one.tensors[i].first, other.tensors[i].first);
      EXPECT_TRUE(same_bytes(one.tensors[i].second, other.tensors[i].second));
    }
  }
}

// This happens when a classifier learns alone for some steps while the network waits.
TEST(Optimizer, LeavesAParameterWithoutAGradientAsIfItsStepHadNotBeen) {
  for (const char* name : kOptimizers) {
    NamedParameters waiting = sample_parameters(), fresh = sample_parameters();
    Optimizer optimizer({.name = name, .weight_decay = 0.01, .decay_norm_and_bias = true}, waiting);
    for (uint64_t step = 0; step < 3; ++step) {
      set_gradients(waiting, step);
      waiting[0].second.mutable_grad().reset();
      optimizer.clip_gradients();
      optimizer.step(0.1);
    }
    EXPECT_TRUE(same_bytes(waiting[0].second, fresh[0].second)) << name;
    EXPECT_FALSE(same_bytes(waiting[1].second, fresh[1].second)) << name;

    Optimizer resumed({.name = name, .weight_decay = 0.01, .decay_norm_and_bias = true}, waiting);
    resumed.load_state(optimizer.state(), "a checkpoint");
    Optimizer first({.name = name, .weight_decay = 0.01, .decay_norm_and_bias = true}, fresh);
    train(resumed, waiting, 5, 7);
    train(first, fresh, 5, 7);
    EXPECT_TRUE(same_bytes(waiting[0].second, fresh[0].second)) << name << ": its count of steps is its own";
  }
}

// A GPU skips a step whose loss is not finite without telling the host.
TEST(Optimizer, SkipsAStepAsIfItHadNotBeen) {
  for (const char* name : kOptimizers) {
    NamedParameters skipping = sample_parameters(), straight = sample_parameters();
    Optimizer with_skip({.name = name}, skipping), without({.name = name}, straight);
    const Tensor rate = torch::tensor(0.05, torch::kDouble);
    for (const int step : {0, 1, 2}) {
      set_gradients(skipping, step);
      with_skip.step(rate, torch::tensor(step == 1 ? 1.0f : 0.0f));
      if (step == 1) continue;
      set_gradients(straight, step);
      without.step(0.05);
    }
    const NamedTensors one = with_skip.state(), other = without.state();
    EXPECT_EQ(one.metadata, other.metadata) << name;
    for (size_t i = 0; i < one.tensors.size(); ++i)
      EXPECT_TRUE(same_bytes(one.tensors[i].second, other.tensors[i].second));
    for (size_t i = 0; i < skipping.size(); ++i)
      EXPECT_TRUE(same_bytes(skipping[i].second, straight[i].second)) << name;
  }
}

TEST(Optimizer, NamesWhatIsWrongWithAState) {
  NamedParameters parameters = sample_parameters();
  Optimizer optimizer({}, parameters);
  const auto message_of = [&](const NamedTensors& state) -> std::string {
    try {
      optimizer.load_state(state, "RUN/x");
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  };
  NamedTensors other = optimizer.state();
  other.metadata["optimizer"] = "adam";
  EXPECT_EQ(message_of(other), "RUN/x: the state of optimizer adam, but the recipe asks for sgd");
  other = optimizer.state();
  other.metadata["optimizer_steps"] = "many";
  EXPECT_EQ(message_of(other), "RUN/x: optimizer_steps is 'many', expected a whole number");
  EXPECT_EQ(message_of({}), "RUN/x: no \"optimizer\" in its metadata; this is not an optimizer's state");
  other = optimizer.state();
  other.tensors.pop_back();
  EXPECT_EQ(message_of(other), "RUN/x: the tensor momentum.linear.bias is missing");
  other = optimizer.state();
  other.tensors[1].second = torch::zeros({7, 12});
  EXPECT_EQ(message_of(other), "RUN/x: the tensor momentum.linear.weight is Float [7, 12], expected Float [7, 13]");
}

TEST(Optimizer, ScalesAGradientDownToItsLargestNorm) {
  // The norm of (3, 4) and (12) is 13.
  NamedParameters parameters{{"weight", parameter(torch::zeros({1, 2}))}, {"bias", parameter(torch::zeros({1}))}};
  const auto set = [&] {
    parameters[0].second.mutable_grad() = torch::tensor({{3.f, 4.f}});
    parameters[1].second.mutable_grad() = torch::tensor({12.f});
  };
  set();
  EXPECT_DOUBLE_EQ(Optimizer({.max_gradient_norm = 6.5}, parameters).clip_gradients().item<double>(), 13.0);
  EXPECT_TRUE(parameters[0].second.grad().equal(torch::tensor({{1.5f, 2.f}})));
  EXPECT_TRUE(parameters[1].second.grad().equal(torch::tensor({6.f})));
  for (const double unreached : {0.0, 13.5}) {
    set();
    EXPECT_DOUBLE_EQ(Optimizer({.max_gradient_norm = unreached}, parameters).clip_gradients().item<double>(), 13.0);
    EXPECT_TRUE(parameters[1].second.grad().equal(torch::tensor({12.f})));
  }
}

TEST(Optimizer, TellsOfAGradientThatIsNotFiniteAndLeavesIt) {
  NamedParameters parameters{{"weight", parameter(torch::zeros({1, 2}))}};
  Optimizer optimizer({.max_gradient_norm = 1}, parameters);
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    parameters[0].second.mutable_grad() = torch::tensor({{3.f, bad}});
    EXPECT_FALSE(std::isfinite(optimizer.clip_gradients().item<double>()));
    EXPECT_EQ(parameters[0].second.grad()[0][0].item<float>(), 3.f);
  }
}

TEST(Optimizer, SumsTheNormInFloat64) {
  // Their squares overflow a float32.
  NamedParameters parameters{{"weight", parameter(torch::zeros({1, 2}))}};
  parameters[0].second.mutable_grad() = torch::tensor({{3e30f, 4e30f}});
  EXPECT_NEAR(Optimizer({}, parameters).clip_gradients().item<double>() / 5e30, 1.0, 1e-6);
}

TEST(Optimizer, SumsTheNormOverTensorsOfAnySizeAndOrder) {
  NamedParameters parameters = sample_parameters();
  parameters.emplace_back("large", parameter(random_tensor({211, 313}, 4)));
  set_gradients(parameters, 1);
  Tensor& transposed = parameters[1].second.mutable_grad();
  transposed = transposed.t().contiguous().t();
  double sum = 0;
  for (auto& [_, w] : parameters) {
    const Tensor gradient = w.grad().contiguous();
    for (int64_t i = 0; i < gradient.numel(); ++i) sum += std::pow(double{gradient.data_ptr<float>()[i]}, 2);
  }
  EXPECT_NEAR(Optimizer({}, parameters).clip_gradients().item<double>(), std::sqrt(sum), 1e-10 * std::sqrt(sum));
}

TEST(Optimizer, LeavesFrozenParametersOutAndClearsGradients) {
  NamedParameters parameters = sample_parameters();
  parameters[1].second.set_requires_grad(false);
  Optimizer optimizer({}, parameters);
  EXPECT_EQ(optimizer.state().tensors.size(), 2u);
  parameters[0].second.mutable_grad() = torch::ones_like(parameters[0].second);
  optimizer.zero_grad();
  EXPECT_FALSE(parameters[0].second.grad().defined());
}

// A sparse gradient trains its rows as if they were the whole parameter, and leaves the others.
TEST(Optimizer, MovesTheRowsOfASparseGradientAlone) {
  const Tensor rows = torch::tensor({1, 4, 5}, torch::kLong), others = torch::tensor({0, 2, 3, 6}, torch::kLong);
  for (const char* name : kOptimizers) {
    const OptimizerOptions options{.name = name, .weight_decay = 0.01, .max_gradient_norm = 3};
    const Tensor start = random_tensor({7, 13}, 2);
    NamedParameters sparse{{"w", parameter(start)}}, dense{{"w", parameter(start.index_select(0, rows))}};
    Optimizer of_sparse(options, sparse), of_dense(options, dense);
    for (int step = 0; step < 3; ++step) {
      const Tensor gradient = random_tensor({3, 13}, 10 + step);
      sparse[0].second.mutable_grad() = at::sparse_coo_tensor(rows.unsqueeze(0), gradient.clone(), {7, 13});
      dense[0].second.mutable_grad() = gradient.clone();
      EXPECT_EQ(of_sparse.clip_gradients().item<double>(), of_dense.clip_gradients().item<double>());
      of_sparse.step(0.1);
      of_dense.step(0.1);
    }
    EXPECT_TRUE(sparse[0].second.index_select(0, rows).equal(dense[0].second)) << name;
    EXPECT_FALSE(dense[0].second.equal(start.index_select(0, rows))) << name;
    EXPECT_TRUE(sparse[0].second.index_select(0, others).equal(start.index_select(0, others))) << name;
    for (const auto& [slot, tensor] : of_sparse.state().tensors) {
      EXPECT_EQ(tensor.index_select(0, others).abs().max().item<float>(), 0.f) << slot;
    }
    const Tensor before = sparse[0].second.detach().clone();
    of_sparse.step(torch::tensor(0.1, torch::kDouble), torch::ones({}));
    EXPECT_TRUE(sparse[0].second.equal(before)) << "a step that is skipped";
  }
}

// The network's gradient has norm 2 in both processes; the classifier's rows of one have norm 3, those of the other 6.
TEST(Optimizer, CountsTheRowsOfAllProcessesInTheNorm) {
  const auto norms = as_processes(2, [](Processes& own) {
    NamedParameters network{{"network", parameter(torch::zeros({1, 2}))}},
        rows{{"rows", parameter(torch::zeros({own.rank() + 1, 1}))}};
    network[0].second.mutable_grad() = torch::tensor({{2.f, 0.f}});
    rows[0].second.mutable_grad() = torch::full({own.rank() + 1, 1}, own.rank() == 0 ? 3.f : std::sqrt(18.f));
    Optimizer optimizer({.max_gradient_norm = 3.5}, Optimizer::Parameters{.body = network, .classifier = rows},
                        {std::shared_ptr<Processes>(), &own});
    const auto norm = optimizer.clip_gradients().item<double>();
    return fmt::format("{:.5f} {:.5f}", norm, network[0].second.grad()[0][0].item<float>());
  });
  EXPECT_EQ(norms, std::vector<std::string>(2, "7.00000 1.00000"));
}

}  // namespace
}  // namespace massface
