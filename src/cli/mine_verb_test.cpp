#include <gtest/gtest.h>
#include <torch/torch.h>

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "cli/testing_verb.h"
#include "cli/verbs.h"
#include "core/error.h"
#include "core/testing_folder.h"
#include "tensor_file/npy.h"

namespace massface {
namespace {

using Json = nlohmann::json;

// On a circle: identity 7 at 0, 20 and 90 degrees, identity 8 at 40 and 180. Squared distances are 2 - 2 cos.
struct MineVerb : TestingFolder {
  MineVerb() {
    const Tensor degrees = torch::tensor({0.f, 20.f, 90.f, 40.f, 180.f}) * (M_PI / 180);
    write_npy(path("x.npy"), torch::stack({degrees.cos(), degrees.sin()}, 1));
    write_npy(path("y.npy"), torch::tensor({7, 7, 7, 8, 8}));
  }
  std::string run(std::vector<std::string> flags) {
    std::vector<std::string> words{"mine", path("x.npy"), path("y.npy")};
    words.insert(words.end(), flags.begin(), flags.end());
    return verb_output(add_mine_verb, words);
  }
  std::string error_of(const Tensor& x, const Tensor& y) {
    write_npy(path("bad_x.npy"), x);
    write_npy(path("bad_y.npy"), y);
    return message_of<Error>([&] { verb_output(add_mine_verb, {"mine", path("bad_x.npy"), path("bad_y.npy")}); });
  }
};

TEST_F(MineVerb, WritesTheTripletsAndPrintsTheirLoss) {
  const Json json =
      Json::parse(run({"--strategy", "batch_hardest", "--margin", "0.2", "--out", path("t.npy"), "--json"}));
  // 20 and 40 degrees from everybody's nearest negative; the farthest positives lie 90, 70, 90, 140 and 140 degrees
  // away.
  EXPECT_TRUE(read_npy(path("t.npy")).equal(torch::tensor({{0, 2, 3}, {1, 2, 3}, {2, 0, 3}, {3, 4, 1}, {4, 3, 2}})));
  EXPECT_EQ(json["selected"], 5);
  EXPECT_EQ(json["active"], 5);
  EXPECT_EQ(json["dropped"], 0);
  EXPECT_EQ(json["valid_triplets"], 3 * 2 * 2 + 2 * 1 * 3);
  // The mean of 2 cos(n) - 2 cos(p) + 0.2 over (p, n) = (90, 40), (70, 20), (90, 50), (140, 20), (140, 90).
  EXPECT_NEAR(json["loss"].get<double>(), 1.991314, 1e-5);
}

TEST_F(MineVerb, SaysWhenASampleIsKept) {
  const Json json = Json::parse(run({"--strategy", "batch_all", "--margin", "4", "--max-triplets", "6", "--json"}));
  EXPECT_EQ(json["selected"], 18);
  EXPECT_EQ(json["kept"], 6);
  EXPECT_EQ(json["dropped"], 12);
}

TEST_F(MineVerb, NamesWhatIsWrongWithTheArrays) {
  const Tensor x = read_npy(path("x.npy")), y = read_npy(path("y.npy"));
  EXPECT_NE(error_of(x * 1.01, y).find("row 0 has length 1.010000"), std::string::npos) << error_of(x * 1.01, y);
  EXPECT_NE(error_of(x.to(torch::kDouble), y).find("float64 [5, 2]; embeddings are float32 [B, D]"), std::string::npos);
  EXPECT_NE(error_of(x, y.to(torch::kInt)).find("int32 [5]; labels are int64 [B]"), std::string::npos);
  EXPECT_NE(error_of(x, y.slice(0, 1)).find("4 labels for 5 embeddings"), std::string::npos);
  EXPECT_NE(message_of<Error>([&] { verb_output(add_mine_verb, {"mine"}); }).find("needs embeddings"),
            std::string::npos);
  EXPECT_NE(message_of<Error>([&] {
              run({"--strategy", "batch_all", "--positive-quantile", "0.5"});
            }).find("belong to batch_hardest"),
            std::string::npos);
}

}  // namespace
}  // namespace massface
