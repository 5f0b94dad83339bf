#include <ATen/ATen.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "cli/flags.h"
#include "cli/progress_lines.h"
#include "cli/verbs.h"
#include "clustering/cluster_faces.h"
#include "clustering/people_folder.h"
#include "core/counted.h"
#include "core/error.h"
#include "core/file_lock.h"
#include "core/files.h"
#include "core/log.h"
#include "core/stop_signal.h"
#include "core/stopwatch.h"
#include "image/encode.h"
#include "recognition/decision_rule.h"
#include "recognition/face_table.h"
#include "recognition/recognizer.h"

namespace massface {
namespace {

namespace fs = std::filesystem;

struct ClusterArguments {
  std::vector<std::string> images;
  std::string out;
  std::string sheet;
  int64_t least_faces = 2;
  bool compare_folders = false;
  // Averages over pairs join people at thresholds at which single pairs are still decided well.
  DecisionOptions decision{.default_fmr = 1e-4};
  RecognizerOptions recognizer;
  bool json = false;

  void describe(OptionTable& table) {
    table.add("sheet", sheet, "Also write a contact sheet to name the people by, an HTML page, to this file.");
    table.add("min_faces", least_faces, {.min = 1, .max = 1e6},
              "Groups with fewer faces are no people: they are listed in faces.csv alone.");
    table.add("compare_folders", compare_folders,
              "Also compare the result with the folders that the images lie in, each taken for a person. Images beside "
              "the folders are left out of the comparison.");
    decision.describe(table);
    recognizer.describe(table);
  }
};

void require_arguments(const ClusterArguments& arguments) {
  require(!arguments.images.empty() && !arguments.out.empty(),
          "cluster needs images and a folder to create: massface cluster PHOTOS --model W --out PEOPLE");
  require(!path_exists(without_final_slash(arguments.out)),
          "--out {}: exists already; choose another name, or remove it", printable(arguments.out));
  require_writable_folder(absolute_path(without_final_slash(arguments.out)).parent_path());
  require(arguments.sheet.empty() || fs::path(arguments.sheet).extension() == ".html",
          "--sheet {}: is a page, whose name ends in .html", printable(arguments.sheet));
  if (!arguments.sheet.empty())
    require_writable_file(arguments.sheet, {arguments.images.begin(), arguments.images.end()});
}

// The crops of a table's faces while it is made, beside it, named by the faces' numbers.
class CropFolder {
 public:
  explicit CropFolder(const fs::path& state) : folder_(state / FaceTable::kCropFolder) {
    create_directories_or_fail(folder_);
  }

  void write(const RecognizedImage& image, int64_t first_number) const {
    for (size_t i = 0; i < image.read.faces.size(); ++i) {
      const fs::path file = path_of(first_number + static_cast<int64_t>(i));
      write_file_atomically(file, encode_jpeg(image.read.faces[i].crop, kQuality));
    }
  }

  fs::path path_of(int64_t number) const { return folder_ / fmt::format("{}.jpg", number); }

 private:
  static constexpr int kQuality = 95;  // they are embedded again when they are added to a gallery

  fs::path folder_;
};

constexpr int64_t kNoFolder = -1;

struct Faces {
  Tensor embeddings;  // [N, D]
  std::vector<GroupedFace> grouped;
  std::vector<int64_t> folders;  // the number of the folder that each lies in; kNoFolder: in none
};

Faces read_faces(const FaceTable& table, const CropFolder& crops, const std::vector<NamedImage>& images,
                 int64_t dimensions) {
  std::map<std::string, int64_t> number_of_group, group_of_file;
  for (const NamedImage& image : images) {
    auto& group = group_of_file[image.name];
    group = image.group.empty() ? kNoFolder
                                : number_of_group.try_emplace(image.group, std::ssize(number_of_group)).first->second;
  }
  Faces faces{.embeddings = at::empty({table.counts().faces, dimensions})};
  float* to = faces.embeddings.mutable_data_ptr<float>();
  table.for_each_face([&](const FaceTable::Face& face) {
    to = std::copy_n(face.embedding, dimensions, to);
    faces.grouped.push_back({.file = face.file,
                             .box = face.json.at("box").get<std::vector<double>>(),
                             .quality = face.json.at("quality"),
                             .crop = crops.path_of(face.number)});
    faces.folders.push_back(group_of_file.at(face.file));
  });
  return faces;
}

void print_result(const ClusterArguments& arguments, const Faces& faces, const DecisionRule& rule, double seconds) {
  std::map<int64_t, int64_t> size_of;
  for (const GroupedFace& face : faces.grouped) ++size_of[face.group];
  int64_t people = 0, in_people = 0;
  for (const auto& [_, size] : size_of) {
    if (size < arguments.least_faces) continue;
    ++people;
    in_people += size;
  }
  const auto count = std::ssize(faces.grouped);
  std::optional<PairwiseScores> scores;
  if (arguments.compare_folders) {
    std::vector<int64_t> groups, folders;
    for (size_t i = 0; i < faces.grouped.size(); ++i) {
      if (faces.folders[i] == kNoFolder) continue;
      groups.push_back(faces.grouped[i].group);
      folders.push_back(faces.folders[i]);
    }
    scores = pairwise_scores(groups, folders);
  }
  if (arguments.json) {
    nlohmann::ordered_json json{
        {"out", printable(arguments.out)}, {"faces", count},           {"people", people},
        {"faces_of_people", in_people},    {"groups", size_of.size()}, {"threshold_cosine", rule.threshold_cosine},
        {"threshold_of", rule.origin},     {"seconds", seconds}};
    if (scores) {
      json["pairwise_precision"] = scores->precision();
      json["pairwise_recall"] = scores->recall();
    }
    return print_json(json);
  }
  std::cout << fmt::format("{}: {}; {} with at least {}, {}\n", printable(arguments.out), counted_faces(count),
                           counted_people(people), arguments.least_faces,
                           counted(count - in_people, "other face", "other faces"))
            << fmt::format("  joined above an average cosine of {:.4f}: {}\n", rule.threshold_cosine, rule.origin);
  if (!scores) return;
  std::cout << fmt::format(
      "  of the pairs in one group {:.2f} % lie in one folder (precision); of those in one folder "
      "{:.2f} % are in one group (recall)\n",
      100 * scores->precision(), 100 * scores->recall());
}

// A command that was killed when its result was there has left its state.
bool was_killed_at_its_end(const fs::path& out, const fs::path& state) {
  return is_people_folder(out) && is_folder(state);
}

void clean_up_after(const fs::path& out, const fs::path& state, bool json) {
  FaceTable::require_own_state(state);
  const FileLock lock(state, fmt::format("another massface cluster is writing {}", printable(out.native())));
  std::error_code kept;
  fs::remove_all(state, kept);
  log_info("{} is complete; what a killed command has left beside it is removed", printable(out.native()));
  if (json) print_json({{"out", printable(out.native())}, {"complete_before", true}});
}

void run_cluster(const ClusterArguments& arguments) {
  const fs::path out = without_final_slash(arguments.out), state = FaceTable::state_folder(out);
  if (!arguments.out.empty() && was_killed_at_its_end(out, state)) return clean_up_after(out, state, arguments.json);
  require_arguments(arguments);
  const std::vector<NamedImage> images = list_images(arguments.images, state);
  require(!arguments.compare_folders || std::ranges::any_of(images, [](const auto& i) { return !i.group.empty(); }),
          "--compare-folders: {} holds no folders of people", printable(arguments.images.front()));
  Recognizer recognizer(arguments.recognizer, "all");
  const auto [rule, why_not] = decide_by(recognizer.weights(), recognizer.flip(), arguments.decision);
  require(rule.has_value(), "which faces are one person cannot be decided: {}", why_not);
  FaceTable table(out, fmt::format("{}; {}; crops", recognizer.conditions(), recognizer.search_conditions()),
                  recognizer.dimensions());
  const CropFolder crops(state);
  const Stopwatch watch;
  try {
    const StopSignal stop;
    fill_face_table(table, recognizer, images, progress_lines(watch, "images"),
                    [&](const RecognizedImage& image) { crops.write(image, table.counts().faces); });
  } catch (const Interrupted&) {
    throw Failure("stopped by a signal; the same command goes on from here");
  }
  table.keep_only(images);
  require(table.counts().faces > 0, "no face was found in any of the {} images", images.size());
  Faces faces = read_faces(table, crops, images, recognizer.dimensions());
  log_info("{} faces of {} images; looking for people among them", table.counts().faces, images.size());
  const std::vector<int64_t> groups = cluster_faces(faces.embeddings, rule->threshold_cosine);
  for (size_t i = 0; i < groups.size(); ++i) faces.grouped[i].group = groups[i];
  if (!arguments.sheet.empty()) {
    const std::string how =
        fmt::format("average linkage above a cosine of {:.4f}, {}", rule->threshold_cosine, rule->origin);
    write_file_atomically(arguments.sheet, to_html(people_sheet(faces.grouped, arguments.least_faces, how)));
  }
  write_people_folder(out, faces.grouped, arguments.least_faces);
  print_result(arguments, faces, *rule, watch.seconds());
  table.remove_state();
}

}  // namespace

void add_cluster_verb(CLI::App& program) {
  auto arguments = std::make_shared<ClusterArguments>();
  CLI::App* verb = program.add_subcommand("cluster", "Group the faces of photographs into people");
  verb->footer(
      "massface cluster photographs --model weights.safetensors --out people\n"
      "massface cluster photographs --model weights.safetensors --out people --fmr 1e-4 --sheet people.html\n"
      "massface gallery add team.mfg people --aligned --model weights.safetensors\n"
      "One folder of crops for each person, to be renamed to the person's name, and faces.csv, which says where each\n"
      "crop comes from. The same command continues a run that was stopped.");
  verb->add_option("images", arguments->images, "Photographs, or folders of them")->type_name("IMAGES");
  verb->add_option("--model", arguments->recognizer.model, "A .safetensors file, or a run directory")
      ->type_name("RUN_OR_WEIGHTS");
  verb->add_option("--out", arguments->out, "Folder to create")->type_name("PEOPLE");
  bind_verb(*verb, *arguments, arguments->json, [arguments] { run_cluster(*arguments); });
}

}  // namespace massface
