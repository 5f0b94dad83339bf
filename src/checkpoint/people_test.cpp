#include "checkpoint/people.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "core/error.h"
#include "core/testing_text.h"

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
  const auto mapped = with_rows_of_present_people(state, change, {{"classifier.weight", torch::full({3, 2}, -1.0)}});
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

}  // namespace
}  // namespace massface
