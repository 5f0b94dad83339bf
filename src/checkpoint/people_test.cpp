#include "checkpoint/people.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "core/error.h"
#include "core/testing_text.h"
#include "distributed/testing_processes.h"

namespace massface {
namespace {

using Names = std::vector<std::string>;

TEST(People, AreKeptWhateverBytesTheirNamesHave) {
  const Names names{"ada", "", std::string("b\0b", 3), "\xff\n"};
  NamedTensors state;
  EXPECT_EQ(people_of(state), std::nullopt);
  add_people(state, names);
  EXPECT_EQ(people_of(decode_safetensors(encode_safetensors(state), "state")), names);
  state.tensors.back().second.fill_(1000);
  EXPECT_THROW(people_of(state), Error);
}

TEST(People, AreComparedByName) {
  const PeopleChange same = compare_people({"a", "b"}, {"a", "b"});
  EXPECT_FALSE(same.moved);
  const PeopleChange change = compare_people({"ada", "bob", "eve"}, {"bob", "carol", "dave", "eve"});
  EXPECT_TRUE(change.moved);
  EXPECT_EQ(change.row_before, (std::vector<int64_t>{1, -1, -1, 2}));
  EXPECT_EQ(to_line(change),
            "3 people in the checkpoint, 4 now: 2 keep their rows, 2 get fresh ones (carol, dave), 1 is dropped (ada)");
}

TEST(People, KeepTheirRowsAndNewOnesGetFreshRows) {
  const NamedTensors state{
      .tensors = {{"classifier.weight", torch::tensor({{1.f, 1.f}, {2.f, 2.f}, {3.f, 3.f}})},
                  {"momentum.classifier.weight", torch::tensor({{4.f, 4.f}, {5.f, 5.f}, {6.f, 6.f}})},
                  {"momentum.network.weight", torch::tensor({7.f, 8.f, 9.f})}},
      .metadata = {{"optimizer", "sgd"}}};
  const PeopleChange change = compare_people({"ada", "bob", "eve"}, {"bob", "carol", "eve"});
  const auto mapped =
      with_rows_of_present_people(state, change, {0, 3}, {{"classifier.weight", torch::full({3, 2}, -1.0)}});
  EXPECT_TRUE(mapped.at("classifier.weight")
                  .to(torch::kDouble)
                  .equal(torch::tensor({{2., 2.}, {-1., -1.}, {3., 3.}}, torch::kDouble)));
  EXPECT_TRUE(mapped.at("momentum.classifier.weight")
                  .to(torch::kDouble)
                  .equal(torch::tensor({{5., 5.}, {0., 0.}, {6., 6.}}, torch::kDouble)));
  EXPECT_TRUE(mapped.at("momentum.network.weight").equal(state.at("momentum.network.weight")));
  EXPECT_EQ(mapped.metadata.at("optimizer"), "sgd");
  EXPECT_TRUE(state.at("classifier.weight")[0][0].item<double>() == 1.0) << "the state is left as it is";
}

// Each process takes its rows of a checkpoint, and the first puts them together again.
TEST(People, HaveTheirRowsDividedAmongProcessesAndPutTogether) {
  constexpr int64_t kPeople = 40'000;  // more than travel at once
  const Tensor weight = torch::arange(2 * kPeople, torch::kFloat).view({kPeople, 2}), bias = torch::arange(kPeople, torch::kFloat);
  const NamedTensors whole{.tensors = {{"classifier.weight", weight},
                                       {"momentum.classifier.bias", bias},
                                       {"momentum.network.weight", torch::ones({3})}},
                           .metadata = {{"optimizer", "sgd"}}};
  std::vector<std::string> names;
  for (int64_t i = 0; i < kPeople; ++i) names.push_back(std::to_string(i));
  const auto results = as_processes(3, [&](Processes& own) -> std::string {
    const Share share = share_of(kPeople, own);
    const std::vector<std::pair<std::string, Tensor>> fresh = {{"classifier.weight", torch::zeros({share.size(), 2})},
                                                               {"classifier.bias", torch::zeros({share.size()})}};
    const NamedTensors rows = with_rows_of_present_people(whole, compare_people(names, names), share, fresh);
    if (!rows.at("classifier.weight").equal(weight.slice(0, share.begin, share.end))) return "other rows";
    const NamedTensors again = with_rows_of_all_people(rows, kPeople, fresh, own);
    if (!own.is_first()) return again.tensors.size() == 1 ? "right" : "holds the others' rows";
    for (const auto& [name, tensor] : whole.tensors) {
      if (!again.at(name).equal(tensor)) return "other " + name;
    }
    return again.metadata == whole.metadata ? "right" : "other metadata";
  });
  EXPECT_EQ(results, std::vector<std::string>(3, "right"));
}

}  // namespace
}  // namespace massface
