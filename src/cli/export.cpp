#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "checkpoint/run_weights.h"
#include "cli/flags.h"
#include "cli/verbs.h"
#include "core/error.h"
#include "core/files.h"
#include "export/export_model.h"
#include "kernels/device.h"

namespace massface {
namespace {

using Json = nlohmann::ordered_json;

struct ExportArguments {
  std::string model;
  std::string out;
  std::string checkpoint;
  ExportOptions options;
  bool json = false;

  void describe(OptionTable& table) {
    table.add("out", out, "File to write, such as network.onnx.");
    table.add(
        "checkpoint", checkpoint,
        "Weights of the run directory to use: last, best, the name of a finished phase, or step-000000120 (empty: "
        "the result of the run).");
    options.describe(table);
  }
};

// "[batch, 3, 112, 112]"
std::string shape_of(const OnnxValue& value) {
  std::vector<std::string> sizes;
  for (const int64_t size : value.shape) sizes.push_back(size == OnnxValue::kBatch ? "batch" : std::to_string(size));
  return fmt::format("[{}]", fmt::join(sizes, ", "));
}

Json json_of(const OnnxValue& value) {
  return {{"name", value.name}, {"type", value.type == at::kByte ? "uint8" : "float32"}, {"shape", shape_of(value)}};
}

Json json_of(const ExportArguments& arguments, const ExportReport& report) {
  const Model& model = report.model;
  const ExportOptions& options = arguments.options;
  Json json = {{"out", printable(arguments.out)},
               {"format", options.format},
               {"bytes", report.num_bytes},
               {"backbone", model.backbone.name},
               {"embedding_size", model.backbone.embedding_size},
               {"fingerprint", report.fingerprint},
               {"channel_order", options.preprocessing ? "rgb" : model.input.channel_order},
               {"mean", model.input.mean},
               {"scale", model.input.scale}};
  if (options.format != "onnx") return json;
  json["input"] = json_of(report.input);
  json["output"] = json_of(report.output);
  json["unit_length"] = options.unit_length;
  json["least_cosine"] = report.quantization ? report.quantization->least_cosine : report.least_cosine;
  if (!report.quantization) return json;
  json["int8"] = {{"set", printable(report.quantization->set)},
                  {"accuracy_before", report.quantization->accuracy_before},
                  {"accuracy_after", report.quantization->accuracy_after},
                  {"least_cosine_before", report.least_cosine},
                  {"calibration_images", report.quantization->calibration_images}};
  return json;
}

void print_onnx(const ExportArguments& arguments, const ExportReport& report) {
  const InputFormat& format = report.model.input;
  const bool is_raw = arguments.options.preprocessing;
  const std::string values =
      is_raw ? "RGB, 0 to 255"
             : fmt::format("{} planes; a pixel x of 0 to 255 becomes (x - {}) / {}, {:.4g} to {:.4g}",
                           format.channel_order == "bgr" ? "BGR" : "RGB", format.mean, format.scale,
                           -format.mean / format.scale, (255 - format.mean) / format.scale);
  std::cout << fmt::format("  input    {} {} {}, {}\n", report.input.name, is_raw ? "uint8" : "float32",
                           shape_of(report.input), values)
            << fmt::format("  output   {} float32 {}, {}\n", report.output.name, shape_of(report.output),
                           arguments.options.unit_length ? "of unit length" : "not of unit length")
            << fmt::format("  checked  {}least cosine {:.7f} to the network's own embeddings, in batches of 1 and 7\n",
                           report.quantization ? "before it was rounded to 8 bits, " : "", report.least_cosine);
  if (!report.quantization) return;
  const QuantizationReport& quantization = *report.quantization;
  std::cout << fmt::format(
      "  int8     {} {:.2f} % before, {:.2f} % in 8 bits; ranges from {} images; least cosine {:.4f}\n",
      printable(quantization.set), 100 * quantization.accuracy_before, 100 * quantization.accuracy_after,
      quantization.calibration_images, quantization.least_cosine);
}

void run_verb(const ExportArguments& arguments) {
  require(!arguments.model.empty(),
          "export needs weights: massface export RUN_OR_WEIGHTS --format onnx --out network.onnx");
  require(!arguments.out.empty(), "export needs --out, the file to write, such as --out network.onnx");
  const std::string ending = std::filesystem::path(arguments.out).extension().native();
  const bool is_onnx = arguments.options.format == "onnx";
  require(is_onnx ? ending == ".onnx" : ending == ".pt" || ending == ".pth", "--out {}: the name of {} ends in {}{}",
          printable(arguments.out), is_onnx ? "an ONNX graph" : "a state dictionary", is_onnx ? ".onnx" : ".pt or .pth",
          is_onnx && ending.starts_with(".pt") ? "; for a state dictionary, say --format torch" : "");
  const auto weights = find_run_weights(arguments.model, arguments.checkpoint);
  set_compute_threads(arguments.options.quantization.evaluation.threads);
  const ExportReport report = export_model(weights, arguments.out, arguments.options);
  if (arguments.json) return print_json(json_of(arguments, report));
  const Model& model = report.model;
  std::cout << fmt::format("{}: {}, {}-d, of {} (fingerprint {}), {:.1f} MB\n", printable(arguments.out),
                           model.backbone.name, model.backbone.embedding_size, printable(weights.native()),
                           report.fingerprint, 1e-6 * static_cast<double>(report.num_bytes));
  if (arguments.options.format == "onnx") return print_onnx(arguments, report);
  std::cout << "  a state dictionary: torch.load(FILE, weights_only=True)\n";
}

}  // namespace

void add_export_verb(CLI::App& program) {
  auto arguments = std::make_shared<ExportArguments>();
  CLI::App* verb =
      program.add_subcommand("export", "Write a network as an ONNX graph, or as a state dictionary of PyTorch");
  verb->footer(
      "massface export w.safetensors --out network.onnx --preprocessing --unit-length\n"
      "massface export runs/first --format torch --out network.pt\n"
      "massface export w.safetensors --out small.onnx --int8 --calibration faces.mfp --pairs pairs.txt --images "
      "lfw-112\n"
      "The file appears only after its bytes were read back and compared with the network. docs/formats/onnx.md says "
      "what\n"
      "is in it.");
  verb->add_option("model", arguments->model, "A .safetensors file, or a run directory")->type_name("RUN_OR_WEIGHTS");
  bind_verb(*verb, *arguments, arguments->json, [arguments] { run_verb(*arguments); });
}

}  // namespace massface
