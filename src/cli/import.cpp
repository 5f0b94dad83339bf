#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "align/detector_weights.h"
#include "cli/flags.h"
#include "cli/verbs.h"
#include "core/error.h"
#include "core/files.h"
#include "model/import_weights.h"
#include "tensor_file/torch_file.h"

namespace massface {
namespace {

struct ImportArguments {
  std::string file;
  std::string out;
  std::string detector = "none";
  ImportOptions options;
  bool json = false;

  void describe(OptionTable& table) {
    options.describe(table);
    table.add_choice(
        "detector", detector, {"none", "mtcnn"},
        "Import a face detector instead of an embedding network; FILE is then the folder with its weights.");
    table.add("out", out, "File to write, such as weights.safetensors.");
  }
};

void print(const ImportArguments& arguments, const ImportedModel& imported) {
  const Model& model = imported.model;
  int64_t parameters = 0;
  for (const auto& parameter : model.network->parameters()) parameters += parameter.numel();
  if (arguments.json) {
    return print_json({{"file", printable(arguments.file)},
                       {"out", printable(arguments.out)},
                       {"form", imported.form},
                       {"prefix", printable(imported.prefix)},
                       {"backbone", model.backbone.name},
                       {"embedding_size", model.backbone.embedding_size},
                       {"input_height_pixels", model.input.height},
                       {"input_width_pixels", model.input.width},
                       {"channel_order", model.input.channel_order},
                       {"mean", model.input.mean},
                       {"scale", model.input.scale},
                       {"parameters", parameters},
                       {"ignored_tensors", imported.ignored.size()}});
  }
  std::cout << fmt::format("{}: {}, {}-d, {} parameters, tensor names of {}\n", printable(arguments.out),
                           model.backbone.name, model.backbone.embedding_size, parameters, imported.form)
            << fmt::format("  images            {} high, {} wide, {}\n", model.input.height, model.input.width,
                           model.input.channel_order)
            << fmt::format("  a pixel x becomes (x - {}) / {}\n", model.input.mean, model.input.scale);
  if (!imported.ignored.empty()) {
    std::cout << fmt::format("  ignored           {} tensors outside {}, such as {}\n", imported.ignored.size(),
                             printable(imported.prefix), printable(imported.ignored.front()));
  }
}

// Writes the detector's three networks to one file, for `massface align --detector` and for installed programs.
void import_detector(const ImportArguments& arguments) {
  require(
      arguments.options == ImportOptions(),
      "--detector {} imports the weights unchanged; --backbone, --prefix, --height, --width, --channel-order, --mean "
      "and --scale apply only to networks that embed faces",
      arguments.detector);
  NamedTensors weights = read_detector_weights(arguments.file);
  const std::filesystem::path folder = arguments.file;
  require_writable_file(arguments.out, {folder, folder / "pnet.pt", folder / "rnet.pt", folder / "onet.pt"});
  int64_t parameters = 0;
  for (const auto& [name, tensor] : weights.tensors) parameters += tensor.numel();
  write_detector_weights(arguments.out, std::move(weights));
  if (arguments.json) {
    return print_json({{"file", printable(arguments.file)},
                       {"out", printable(arguments.out)},
                       {"detector", arguments.detector},
                       {"parameters", parameters}});
  }
  std::cout << fmt::format("{}: the face detector {}, {} parameters\n", printable(arguments.out), arguments.detector,
                           parameters);
}

void run_verb(const ImportArguments& arguments) {
  require(!arguments.file.empty(),
          "import needs a checkpoint: massface import FILE --backbone NAME --out weights.safetensors");
  require(!arguments.out.empty(), "import needs --out, the file to write, such as --out weights.safetensors");
  if (arguments.detector != "none") return import_detector(arguments);
  const NamedTensors checkpoint = read_torch_file(arguments.file);
  const ImportedModel imported = import_weights(checkpoint, arguments.options, arguments.file);
  require_writable_file(arguments.out, {arguments.file});
  save_model(arguments.out, imported.model);
  print(arguments, imported);
}

}  // namespace

void add_import_verb(CLI::App& program) {
  auto arguments = std::make_shared<ImportArguments>();
  CLI::App* verb = program.add_subcommand("import", "Convert a published PyTorch checkpoint into weights for massface");
  verb->footer(
      "massface import 068.ckpt --backbone mobilefacenet --out weights.safetensors\n"
      "massface evaluate weights.safetensors --pairs pairs.txt --images lfw-112\n"
      "massface import .deps/mtcnn --detector mtcnn --out mtcnn.safetensors\n"
      "The input size is read from the weights. Channel order and normalisation are as published, and are stored with\n"
      "the weights. Nothing in the checkpoint is executed. src/model/import_names.h lists the known tensor names.");
  verb->add_option("--file,file", arguments->file,
                   "File written by torch.save: a state dictionary, or dictionaries that contain one; with --detector, "
                   "the folder with facenet-pytorch's pnet.pt, rnet.pt and onet.pt")
      ->type_name("FILE");
  bind_verb(*verb, *arguments, arguments->json, [arguments] { run_verb(*arguments); });
}

}  // namespace massface
