#include <gtest/gtest.h>
#include <torch/torch.h>

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "cli/testing_program.h"
#include "cli/testing_verb.h"
#include "cli/verbs.h"
#include "core/error.h"
#include "core/files.h"
#include "core/testing_folder.h"
#include "pool/pool_selection.h"
#include "tensor_file/npy.h"

namespace massface {
namespace {

using Json = nlohmann::json;

// Points on a circle: identity 7 at 0, 20 and 90 degrees, identity 8 at 40 and 180. Squared distances are 2 - 2 cos.
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
  // The nearest negatives are 40, 20, 50, 20 and 90 degrees away, the farthest positives 90, 70, 90, 140 and 140
  // degrees.
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
  EXPECT_EQ(json["active"], 6) << "at this margin all violate";
  EXPECT_EQ(json["loss_over_kept"], json["loss"]) << "the mean over the six, not over the eighteen";
}

TEST_F(MineVerb, NamesWhatIsWrongWithTheArrays) {
  const Tensor x = read_npy(path("x.npy")), y = read_npy(path("y.npy"));
  EXPECT_NE(error_of(x * 1.01, y).find("row 0 has length 1.010000"), std::string::npos) << error_of(x * 1.01, y);
  EXPECT_NE(
      error_of(x.to(torch::kDouble), y)
          .find("float64 [5, 2]; embeddings are float32 [B, D]. Convert it: numpy.save(FILE, array.astype(\"<f4\"))"),
      std::string::npos);
  EXPECT_NE(error_of(x, y.to(torch::kInt))
                .find("int32 [5]; labels are int64 [B]. Convert it: numpy.save(FILE, array.astype(\"<i8\"))"),
            std::string::npos);
  EXPECT_TRUE(error_of(x[0], y).ends_with("it is float32 [2]; embeddings are float32 [B, D]"));
  EXPECT_TRUE(error_of(torch::zeros({0, 8}), y).ends_with("it is float32 [0, 8], so it contains no embeddings"));
  EXPECT_NE(error_of(x, y.slice(0, 1)).find("4 labels for 5 embeddings"), std::string::npos);
  EXPECT_NE(message_of<Error>([&] { verb_output(add_mine_verb, {"mine"}); }).find("needs embeddings"),
            std::string::npos);
  EXPECT_NE(
      message_of<Error>([&] {
        run({"--strategy", "batch_all", "--positive-quantile", "0.5"});
      })
          .find("--strategy batch_all has no farthest positive and nearest negative to replace. Leave them out, or "
                "give --strategy batch_hardest"),
      std::string::npos);
}

TEST_F(MineVerb, AdvisesLabelsOfAnUnknownTypeToBecomeInt64) {
  std::string bytes = read_text_file(path("y.npy"));
  bytes.replace(bytes.find("<i8"), 3, ">i8");
  write("big_endian.npy", bytes);
  const std::string error = message_of<Error>([&] {
    verb_output(add_mine_verb, {"mine", path("x.npy"), path("big_endian.npy")});
  });
  EXPECT_TRUE(error.ends_with("numpy.save(FILE, array.astype(\"<i8\"))")) << error;
}

TEST_F(MineVerb, FailsBeforeItPrintsWhereItsFileCannotBeWritten) {
  const ProgramResult result =
      run_massface("mine " + path("x.npy") + " " + path("y.npy") + " --json --out " + path("missing/t.npy"));
  EXPECT_EQ(result.exit_code, 2) << result.standard_error;
  EXPECT_EQ(result.standard_output, "");
  EXPECT_NE(result.standard_error.find("missing: No such file"), std::string::npos) << result.standard_error;
}

TEST_F(MineVerb, TakesTheSeedAndStepOfARoundAndDrawsTheSame) {
  TrainingSetup setup;
  setup.recipe.phases.push_back({.name = "t", .objective = {.loss = "triplet", .triplet = {.margin = 4}}});
  setup.recipe.phases[0].objective.mining.strategy = "batch_random";
  const PhaseContext phase{.setup = setup, .phase_index = 0};
  const PoolSelection round =
      select_from_pool(phase, read_npy(path("x.npy")), read_npy(path("y.npy")), /*number=*/3, /*step=*/40);
  ASSERT_TRUE(round.facts["seed"].is_string()) << round.facts;
  const auto mined = [&](const std::string& step) {
    const std::string file = path("t.npy");
    run({"--strategy", "batch_random", "--margin", "4", "--seed", round.facts["seed"], "--step", step, "--out", file});
    return read_npy(file);
  };
  const Tensor expected = to_table(round.triplets);
  EXPECT_TRUE(mined(round.facts["random_step"].dump()).equal(expected));
  EXPECT_FALSE(mined("40").equal(expected)) << "the step of the phase is another number";
}

TEST_F(MineVerb, TakesEverySeedOf64Bits) {
  const Json json = Json::parse(run({"--seed", "18446744073709551615", "--json"}));
  EXPECT_EQ(json["seed"], "18446744073709551615");
  for (const std::string seed : {"18446744073709551616", "-1", "1.5", "x", ""}) {
    EXPECT_EQ(message_of<Error>([&] {
                run({"--seed", seed});
              }),
              "--seed needs a whole number from 0 to 18446744073709551615, got '" + seed + "'");
  }
}

}  // namespace
}  // namespace massface
