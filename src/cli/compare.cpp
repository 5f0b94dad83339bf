#include <ATen/ATen.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "align/face_json.h"
#include "cli/flags.h"
#include "cli/verbs.h"
#include "core/error.h"
#include "core/files.h"
#include "image/encode.h"
#include "recognition/recognizer.h"

namespace massface {
namespace {

struct CompareArguments {
  std::string first, second;
  std::string show;
  DecisionOptions decision;
  RecognizerOptions recognizer;
  bool json = false;

  void describe(OptionTable& table) {
    decision.describe(table);
    table.add("show", show, "Also write the two crops side by side to this file, JPEG or PNG.");
    recognizer.describe(table);
  }
};

// Two crops of one size with a gap between them.
Image side_by_side(const Image& left, const Image& right) {
  constexpr int64_t kGap = 8;
  constexpr uint8_t kGrey = 128;
  Image both{.height = left.height, .width = 2 * left.width + kGap};
  both.pixels.assign(static_cast<size_t>(both.height * both.width * 3), kGrey);
  for (int64_t y = 0; y < left.height; ++y) {
    uint8_t* row = both.pixels.data() + y * both.width * 3;
    std::copy_n(left.pixels.data() + y * left.width * 3, left.width * 3, row);
    std::copy_n(right.pixels.data() + y * right.width * 3, right.width * 3, row + (left.width + kGap) * 3);
  }
  return both;
}

const AlignedFace& face_of(const ReadImage& image, const std::string& file) {
  const std::string shown = printable(file);
  require(image.reason.empty(), "{}: {}", shown, image.reason);
  require(!image.faces.empty(), "{}: no face was found in it; if it is a crop of a face, pass --aligned", shown);
  return image.faces.front();
}

void run_compare(const CompareArguments& arguments) {
  require(!arguments.first.empty() && !arguments.second.empty(),
          "compare needs two photographs: massface compare A B --model W");
  if (!arguments.show.empty()) {
    require_image_name(arguments.show, "--show");
    require_writable_file(arguments.show, {arguments.first, arguments.second});
  }
  for (const std::string& name : {arguments.first, arguments.second}) {
    std::error_code unreachable;
    require(std::filesystem::exists(name, unreachable), "{}: no such file", printable(name));
  }
  Recognizer recognizer(arguments.recognizer, "largest");
  const auto [rule, why_not] = decide_by(recognizer.weights(), recognizer.flip(), arguments.decision);
  const std::vector<ReadImage> read = recognizer.read({arguments.first, arguments.second});
  const AlignedFace &first = face_of(read[0], arguments.first), &second = face_of(read[1], arguments.second);
  const Tensor rows = recognizer.embed(read).embeddings;
  const double cosine = rows[0].dot(rows[1]).item<double>();
  const bool same = rule && cosine > rule->threshold_cosine;
  if (!arguments.show.empty()) {
    write_file_atomically(arguments.show, encode_for_name(arguments.show, side_by_side(first.crop, second.crop)));
  }
  if (arguments.json) {
    nlohmann::ordered_json json{{"cosine", cosine},
                                {"same", rule ? nlohmann::ordered_json(same) : nlohmann::ordered_json()},
                                {"threshold_cosine", rule ? nlohmann::ordered_json(rule->threshold_cosine) : nullptr},
                                {"threshold_of", rule ? nlohmann::ordered_json(rule->origin) : nullptr},
                                {"undecided", rule ? nlohmann::ordered_json() : nlohmann::ordered_json(why_not)},
                                {"faces", {face_json(first.face), face_json(second.face)}}};
    return print_json(json);
  }
  if (!rule) {
    std::cout << fmt::format("{:.4f}   cosine of the two faces, without a decision: {}\n", cosine, why_not);
    return;
  }
  std::cout << fmt::format("{}   cosine {:.4f}, threshold {:.4f}: {}\n", same ? "the same person" : "two people",
                           cosine, rule->threshold_cosine, rule->origin);
}

}  // namespace

void add_compare_verb(CLI::App& program) {
  auto arguments = std::make_shared<CompareArguments>();
  CLI::App* verb = program.add_subcommand("compare", "Say whether two photographs show one person");
  verb->footer(
      "massface compare a.jpg b.jpg --model weights.safetensors\n"
      "massface compare a.jpg b.jpg --model weights.safetensors --fmr 1e-4 --show faces.png\n"
      "Of several faces in a photograph, the largest is taken.");
  verb->add_option("first", arguments->first, "A photograph (JPEG, PNG, WebP)")->type_name("A");
  verb->add_option("second", arguments->second, "Another one")->type_name("B");
  verb->add_option("--model", arguments->recognizer.model, "A .safetensors file, or a run directory")
      ->type_name("RUN_OR_WEIGHTS");
  bind_verb(*verb, *arguments, arguments->json, [arguments] { run_compare(*arguments); });
}

}  // namespace massface
