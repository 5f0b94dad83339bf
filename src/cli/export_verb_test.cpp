#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cli/testing_program.h"
#include "cli/testing_verb.h"
#include "cli/verbs.h"
#include "core/error.h"
#include "core/testing_folder.h"
#include "evaluation/testing_faces.h"

namespace massface {
namespace {

struct ExportVerb : TestingFolder {
  ExportVerb() { save_model(weights, tiny_model()); }
  std::string run(std::vector<std::string> words) {
    words.insert(words.begin(), "export");
    return verb_output(add_export_verb, std::move(words));
  }
  std::string error_of(std::vector<std::string> words) {
    return message_of<Error>([&] { run(std::move(words)); });
  }

  const std::string weights = path("w.safetensors"), out = path("network.onnx");
};

TEST_F(ExportVerb, SaysHowTheGraphIsUsed) {
  const std::string text = run({weights, "--out", out});
  EXPECT_TRUE(has(text, "pixels float32 [batch, 3, 32, 32], RGB planes; a pixel x of 0 to 255 becomes (x - 127.5)"));
  EXPECT_TRUE(has(text, "-0.9961 to 0.9961"));
  EXPECT_TRUE(has(text, "embeddings float32 [batch, 16], not of unit length"));
  EXPECT_TRUE(has(text, "least cosine 1.0000"));
  const nlohmann::json json =
      nlohmann::json::parse(run({weights, "--out", out, "--preprocessing", "--unit-length", "--json"}));
  EXPECT_EQ(json["input"]["type"], "uint8");
  EXPECT_EQ(json["input"]["shape"], "[batch, 32, 32, 3]");
  EXPECT_EQ(json["unit_length"], true);
  EXPECT_GE(json["least_cosine"], 0.99999);
  EXPECT_EQ(json["bytes"], std::filesystem::file_size(out));
  EXPECT_TRUE(has(run({weights, "--format", "torch", "--out", path("n.pt")}), "weights_only=True"));
}

TEST_F(ExportVerb, SaysWhatIsMissingOrWrong) {
  EXPECT_TRUE(has(error_of({}), "export needs weights"));
  EXPECT_TRUE(has(error_of({weights}), "export needs --out"));
  EXPECT_TRUE(has(error_of({weights, "--format", "onxx", "--out", out}), "--format"));
  EXPECT_TRUE(has(error_of({path("none.safetensors"), "--out", out}), "none.safetensors"));
  EXPECT_TRUE(has(error_of({weights, "--int8", "--out", out}), "--calibration"));
  EXPECT_TRUE(has(error_of({weights, "--out", weights}), "w.safetensors"));
  EXPECT_TRUE(has(error_of({write("text.safetensors", "no weights"), "--out", out}), "text.safetensors"));
  EXPECT_FALSE(std::filesystem::exists(out));
}

TEST_F(ExportVerb, TellsMistakesFromFailures) {
  EXPECT_EQ(run_massface("export " + weights + " --out " + out).exit_code, 0);
  EXPECT_EQ(run_massface("export " + weights + " --out " + path("no_folder/n.onnx")).exit_code, 2);
  const ProgramResult killed =
      run_massface("export " + weights + " --out " + path("k.onnx"), "MASSFACE_FAILPOINT='file.half_written:kill:1'");
  EXPECT_EQ(killed.exit_code, 128 + 9) << killed.standard_error;
  EXPECT_FALSE(std::filesystem::exists(path("k.onnx")));
}

}  // namespace
}  // namespace massface
