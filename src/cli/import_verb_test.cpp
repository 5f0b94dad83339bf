#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "align/detector_weights.h"
#include "cli/testing_verb.h"
#include "cli/verbs.h"
#include "core/error.h"
#include "core/testing_folder.h"
#include "core/testing_places.h"
#include "model/model.h"

namespace massface {
namespace {

using Json = nlohmann::json;

struct ImportVerb : TestingFolder {
  std::string run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "import");
    return verb_output(add_import_verb, std::move(arguments));
  }
  std::string error_of(std::vector<std::string> arguments) {
    return message_of<Error>([&] { run(std::move(arguments)); });
  }
};

TEST_F(ImportVerb, SaysWhatIsMissingOrWrong) {
  EXPECT_TRUE(error_of({}).starts_with("import needs a checkpoint: massface import FILE"));
  EXPECT_TRUE(error_of({path("x.ckpt")}).starts_with("import needs --out"));
  EXPECT_NE(error_of({path("x.ckpt"), "--out", path("w.safetensors")}).find("x.ckpt"), std::string::npos);
  const std::string text = write("x.ckpt", "no checkpoint");
  EXPECT_NE(error_of({text, "--out", path("w.safetensors")}).find("x.ckpt: not a PyTorch checkpoint (13 bytes"),
            std::string::npos);
  EXPECT_NE(error_of({text, "--out", path("w"), "--backbone", "resnet"}).find("--backbone"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(path("w.safetensors")));
}

TEST_F(ImportVerb, WritesAModelOfAPublishedCheckpoint) {
  const auto file = testing_data() / "weights/mobilefacenet_pytorch_068.ckpt";
  if (!std::filesystem::exists(file)) GTEST_SKIP() << "no " << file << " (MASSFACE_DATA names another folder)";
  const std::string out = path("w.safetensors");
  const Json json = Json::parse(run({file, "--backbone", "mobilefacenet", "--out", out, "--json"}));
  EXPECT_EQ(json["out"], out);
  EXPECT_EQ(json["embedding_size"], 128);
  EXPECT_EQ(json["input_height_pixels"], 112);
  EXPECT_EQ(json["input_width_pixels"], 96);
  EXPECT_EQ(json["channel_order"], "rgb");
  EXPECT_EQ(json["parameters"], 999552);
  EXPECT_EQ(load_model(out).input.width, 96);
  EXPECT_NE(run({file, "--out", out}).find("112 high, 96 wide, rgb"), std::string::npos);
}

TEST_F(ImportVerb, WritesADetectorsThreeFilesAsOne) {
  const auto folder = source_root() / ".deps/mtcnn";
  if (!std::filesystem::exists(folder / "onet.pt")) GTEST_SKIP() << "no weights in " << folder << " (./run setup)";
  const std::string out = path("mtcnn.safetensors");
  const Json json = Json::parse(run({folder, "--detector", "mtcnn", "--out", out, "--json"}));
  EXPECT_EQ(json["detector"], "mtcnn");
  EXPECT_EQ(json["parameters"], 495850);
  const NamedTensors given = read_detector_weights(folder), written = read_detector_weights(out);
  ASSERT_EQ(written.tensors.size(), given.tensors.size());
  for (const auto& [name, tensor] : given.tensors) EXPECT_TRUE(written.at(name).equal(tensor)) << name;
  EXPECT_NE(error_of({folder, "--detector", "mtcnn", "--mean", "0", "--out", out}).find("--mean"), std::string::npos);
  EXPECT_NE(error_of({path(""), "--detector", "mtcnn", "--out", out}).find("pnet.pt"), std::string::npos);
  write_safetensors(path("other.safetensors"), {});
  EXPECT_NE(
      error_of({path("other.safetensors"), "--detector", "mtcnn", "--out", out}).find("contains no weights of MTCNN"),
      std::string::npos);
  NamedTensors broken = written;
  broken.tensors[0].second.view({-1})[0] = std::nan("");
  EXPECT_NE(message_of<Error>([&] { write_detector_weights(out, broken); }).find("holds NaN"), std::string::npos);
  broken.tensors.pop_back();
  EXPECT_NE(message_of<Error>([&] { write_detector_weights(out, broken); }).find("onet."), std::string::npos);
}

}  // namespace
}  // namespace massface
