#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/flags.h"
#include "cli/progress_lines.h"
#include "cli/verbs.h"
#include "core/counted.h"
#include "core/error.h"
#include "core/files.h"
#include "core/stop_signal.h"
#include "core/stopwatch.h"
#include "recognition/face_rows.h"
#include "recognition/face_table.h"
#include "recognition/recognize_images.h"

namespace massface {
namespace {

struct EmbedArguments {
  std::vector<std::string> images;
  std::string out;
  std::string faces = "all";
  RecognizerOptions recognizer;
  bool json = false;

  void describe(OptionTable& table) {
    table.add_choice("faces", faces, {"all", "largest", "central"}, "Which faces of a photograph to embed.");
    recognizer.describe(table);
  }
};

void run_embed(const EmbedArguments& arguments) {
  require(!arguments.images.empty() && !arguments.out.empty(),
          "embed needs images and a file to create: massface embed PHOTOS --model W --out FACES.npy");
  const std::vector<NamedImage> images = list_images(arguments.images, FaceTable::state_folder(arguments.out));
  std::vector<std::filesystem::path> inputs{arguments.recognizer.model};
  for (const NamedImage& image : images) inputs.push_back(image.path);
  require_place_for_table(arguments.out, inputs);
  Recognizer recognizer(arguments.recognizer, arguments.faces);
  FaceTable table(arguments.out, fmt::format("{}; {}", recognizer.conditions(), recognizer.search_conditions()),
                  recognizer.dimensions());
  const Stopwatch watch;
  const int64_t faces_before = table.counts().faces;
  try {
    const StopSignal stop;
    fill_face_table(table, recognizer, images, progress_lines(watch, "images"));
  } catch (const Interrupted&) {
    throw Failure("stopped by a signal; the same command goes on from here");
  }
  const double seconds = watch.seconds();
  const int64_t embedded = table.counts().faces - faces_before;
  table.keep_only(images);
  const FaceTableCounts counts = table.counts();
  table.write();
  table.remove_state();
  const double rate = static_cast<double>(embedded) / seconds;
  if (arguments.json) {
    print_json({{"out", printable(arguments.out)},
                {"images", counts.images},
                {"faces", counts.faces},
                {"without_face", counts.without_face},
                {"unreadable", counts.unreadable},
                {"dimensions", recognizer.dimensions()},
                {"seconds", seconds},
                {"faces_per_second", rate}});
  } else {
    std::cout << fmt::format("{}: {} of {}, {}-d, in {:.1f} s ({:.1f} faces/s)\n", printable(arguments.out),
                             counted_faces(counts.faces), counted(counts.images, "image", "images"),
                             recognizer.dimensions(), seconds, rate);
    if (counts.without_face > 0)
      std::cout << fmt::format("  {} without a face\n", counted(counts.without_face, "image", "images"));
    if (counts.unreadable > 0)
      std::cout << fmt::format("  {} unreadable\n", counted(counts.unreadable, "image", "images"));
  }
  require(counts.faces > 0, "no face was found in any of the {} images; the table is empty", counts.images);
}

}  // namespace

void add_embed_verb(CLI::App& program) {
  auto arguments = std::make_shared<EmbedArguments>();
  CLI::App* verb = program.add_subcommand("embed", "Turn the faces of photographs into embeddings");
  verb->footer(
      "massface embed photographs --model weights.safetensors --out faces.npy\n"
      "massface embed a.jpg b.jpg --model runs/first --out faces.csv\n"
      "massface embed lfw-112 --aligned --model weights.safetensors --out lfw.npy\n"
      "One row per face. FACES.jsonl beside FACES.npy names the photograph of each row, its box, landmarks and "
      "quality,\n"
      "and the images without a face. The same command continues a run that was stopped.");
  verb->add_option("images", arguments->images, "Photographs, or folders of them")->type_name("IMAGES");
  verb->add_option("--model", arguments->recognizer.model, "A .safetensors file, or a run directory")
      ->type_name("RUN_OR_WEIGHTS");
  verb->add_option("--out", arguments->out, "File to create: .npy, .npz, .csv or .jsonl")->type_name("FACES");
  bind_verb(*verb, *arguments, arguments->json, [arguments] { run_embed(*arguments); });
}

}  // namespace massface
