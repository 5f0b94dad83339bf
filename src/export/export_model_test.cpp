#include "export/export_model.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>

#include "core/error.h"
#include "core/files.h"
#include "core/testing_folder.h"
#include "evaluation/testing_faces.h"
#include "evaluation/threshold_table.h"
#include "export/graph_of_model.h"
#include "export/onnx_file.h"
#include "export/testing_exports.h"
#include "image/encode.h"
#include "tensor_file/torch_file.h"

namespace massface {
namespace {

struct ExportModel : TestingFolder {
  ExportModel() { save_model(weights, model); }

  void write_image(const std::string& name, const Image& image) {
    const auto png = encode_png(image);
    write(name, std::string(png.begin(), png.end()));
  }
  // Pairs of people who each look the same twice, and images to calibrate with.
  ExportOptions int8_options(const Image& calibration) {
    std::string pairs = "2 8\n";
    for (int fold = 0; fold < 2; ++fold) {
      const auto name = [&](int person) { return "P" + std::to_string(8 * fold + person); };
      for (int person = 0; person < 8; ++person) {
        for (const char* image : {"1", "2"}) {
          write_image("faces/" + name(person) + "/" + name(person) + "_000" + image + ".png",
                      noise_image(static_cast<uint64_t>(8 * fold + person)));
        }
        pairs += name(person) + "\t1\t2\n";
      }
      for (int person = 0; person < 8; ++person) {
        pairs += name(person) + "\t1\t" + name((person + 1) % 8) + "\t1\n";
      }
    }
    for (int64_t i = 0; i < 32; ++i) {
      write_image("calibration/" + std::to_string(100 + i) + "/0.png", calibration);
    }
    ExportOptions options{.int8 = true};
    options.quantization = {.calibration = path("calibration"),
                            .calibration_images = 32,
                            .pairs = write("pairs.txt", pairs),
                            .images = path("faces"),
                            .evaluation = {.threads = 1}};
    return options;
  }
  std::string error_of(const ExportOptions& options) {
    return message_of<Error>([&] { export_model(weights, out, options); });
  }

  const Model model = varied_model("mobilefacenet", {.height = kTinySize, .width = kTinySize});
  const std::string weights = path("w.safetensors"), out = path("network.onnx");
};

TEST_F(ExportModel, SaysWhatTheFileIs) {
  const ExportReport report = export_model(weights, out, {.preprocessing = true, .unit_length = true});
  EXPECT_GE(report.least_cosine, 0.99999);
  EXPECT_EQ(report.num_bytes, std::filesystem::file_size(out));
  const auto metadata = decode_onnx(read_text_file(out)).metadata;
  EXPECT_EQ(metadata.at("backbone"), "mobilefacenet");
  EXPECT_EQ(metadata.at("embedding_size"), "128");
  EXPECT_EQ(metadata.at("input_height"), "32");
  EXPECT_EQ(metadata.at("channel_order"), "rgb");
  EXPECT_EQ(metadata.at("mean"), "127.5");
  EXPECT_EQ(metadata.at("scale"), "128");
  EXPECT_EQ(metadata.at("precision"), "fp32");
  EXPECT_EQ(metadata.at("unit_length"), "true");
  EXPECT_EQ(metadata.at("flip"), "none");
  EXPECT_EQ(metadata.at("fingerprint"), report.fingerprint);
  EXPECT_FALSE(metadata.contains("thresholds"));
}

TEST_F(ExportModel, CarriesTheTableOfThresholdsAndItsFlip) {
  ThresholdTable table{.set = "LFW", .fingerprint = "0123", .flip = "sum", .matched = 10, .mismatched = 20};
  table.rows = {{.fmr = 1e-3, .threshold_squared_l2 = 1.25}};
  write_threshold_table(weights, table);
  export_model(weights, out, {});
  const auto metadata = decode_onnx(read_text_file(out)).metadata;
  EXPECT_EQ(metadata.at("flip"), "sum");
  EXPECT_EQ(parse_threshold_table(metadata.at("thresholds"), out).row_of(1e-3).threshold_squared_l2, 1.25);
}

TEST_F(ExportModel, AGraphOfOtherWeightsIsNotWritten) {
  const std::string bytes = encode_onnx(graph_of(model, {}));
  EXPECT_GE(require_same_embeddings(model, bytes), 0.99999);
  // A slope of the last PReLU alone.
  Model other = copy_of(model);
  {
    const at::NoGradGuard no_grad;
    other.network->named_parameters()["head.prelu.weight"].neg_();
  }
  EXPECT_TRUE(has(message_of<Failure>([&] { require_same_embeddings(other, bytes); }), "does not compute what"));
}

TEST_F(ExportModel, WeightsThatAreNotFiniteAreNamed) {
  {
    const at::NoGradGuard no_grad;
    model.network->named_parameters()["stem.conv.weight"][0][0][0][0] = std::nan("");
  }
  save_model(weights, model);
  EXPECT_TRUE(has(error_of({}), "stem.conv.weight holds numbers that are not finite"));
  EXPECT_FALSE(std::filesystem::exists(out));
}

TEST_F(ExportModel, AStateDictionaryHasEveryTensor) {
  export_model(weights, out, {.format = "torch"});
  const NamedTensors read = read_torch_file(out), expected = to_tensors(model);
  ASSERT_EQ(read.tensors.size(), expected.tensors.size());
  for (const auto& [name, tensor] : expected.tensors) EXPECT_TRUE(read.at(name).equal(tensor)) << name;
}

TEST_F(ExportModel, In8BitsItKeepsTheAccuracyOrIsRefused) {
  const ExportOptions good = int8_options(noise_image(1));
  const ExportReport report = export_model(weights, out, good);
  ASSERT_TRUE(report.quantization.has_value());
  EXPECT_EQ(report.quantization->calibration_images, 32);
  EXPECT_EQ(report.quantization->accuracy_before, 1);
  EXPECT_GE(report.quantization->accuracy_after, 0.997);
  EXPECT_GT(report.quantization->least_cosine, 0.9);
  EXPECT_EQ(decode_onnx(read_text_file(out)).metadata.at("precision"), "int8");
  const std::string before = read_text_file(out);
  ExportOptions without_faces = good;
  without_faces.quantization.calibration = path("nowhere");
  EXPECT_TRUE(has(error_of(without_faces), "nowhere"));
  ExportOptions strict = good;
  strict.quantization.max_loss = -101;  // less than any loss
  const std::string refusal = error_of(strict);
  EXPECT_TRUE(has(refusal, "in 8 bits the accuracy on pairs falls from 100.00 to ")) << refusal;
  EXPECT_TRUE(has(refusal, "nothing was written"));
  EXPECT_TRUE(read_text_file(out) == before);
}

TEST_F(ExportModel, OptionsThatExcludeEachOtherAreErrors) {
  for (const ExportOptions& graph_only :
       {ExportOptions{.format = "torch", .unit_length = true}, ExportOptions{.format = "torch", .runtime = "opencv"}}) {
    EXPECT_TRUE(has(error_of(graph_only), "--format torch writes the weights alone"));
  }
  ExportOptions options;
  options.quantization.calibration = path("faces");
  EXPECT_TRUE(has(error_of(options), "are for --int8; add it"));
  ExportOptions flipped;
  flipped.quantization.evaluation.flip = "sum";
  EXPECT_TRUE(has(error_of(flipped), "are for --int8; add it"));
  EXPECT_TRUE(has(error_of({.int8 = true}), "--int8 needs --calibration"));
  options.int8 = true;
  EXPECT_TRUE(has(error_of(options), "--int8 needs --pairs"));
  options.quantization.pairs = path("no_pairs.txt");
  options.quantization.images = path("faces");
  EXPECT_TRUE(has(error_of(options), "no_pairs.txt"));
  EXPECT_FALSE(std::filesystem::exists(out));
}

TEST_F(ExportModel, NeverReplacesItsInput) {
  const std::string before = read_text_file(weights);
  EXPECT_NE(message_of<Error>([&] { export_model(weights, weights, {}); }), "");
  EXPECT_TRUE(read_text_file(weights) == before);
  EXPECT_NE(message_of<Error>([&] { export_model(weights, path("no/folder/n.onnx"), {}); }), "");
  EXPECT_NE(message_of<Error>([&] { export_model(path("missing.safetensors"), out, {}); }), "");
}

}  // namespace
}  // namespace massface
