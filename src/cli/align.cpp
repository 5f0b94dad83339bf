#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "align/align_folder.h"
#include "align/before_after_sheet.h"
#include "align/contact_sheet.h"
#include "align/detector_weights.h"
#include "align/landmark_file.h"
#include "align/manifest_name.h"
#include "align/memory_budget.h"
#include "cli/flags.h"
#include "cli/progress_lines.h"
#include "cli/verbs.h"
#include "core/error.h"
#include "core/files.h"
#include "core/hash.h"
#include "core/log.h"
#include "core/stop_signal.h"
#include "core/stopwatch.h"
#include "core/text_lines.h"
#include "core/threads.h"
#include "image/encode.h"

namespace massface {
namespace {

struct AlignFlags {
  std::string source;
  std::string destination;
  std::string detector;
  std::string landmarks;
  std::string contact_sheet;
  std::string contact_sheet_of = "crops";
  int64_t threads = 0;
  int64_t memory_mb = 0;
  AlignmentOptions options;
  bool json = false;

  void describe(OptionTable& table) {
    options.describe(table);
    table.add("detector", detector,
              "File with MTCNN's weights (mtcnn.safetensors), if they are not found automatically.");
    table.add("landmarks", landmarks, "CSV file with five landmarks for each photograph, used instead of a detector.");
    table.add(
        "contact_sheet", contact_sheet,
        "Also write a contact sheet of the results to this file: JPEG if its name ends in .jpg or .jpeg, else PNG.");
    table.add_choice("contact_sheet_of", contact_sheet_of, {"crops", "before_after"},
                     "Contents of the contact sheet: crops, or photographs with box and landmarks above their crops.");
    table.add("threads", threads, {.min = 0, .max = 1024},
              "Number of photographs processed in parallel (0: one per available core).");
    table.add(
        "memory_mb", memory_mb, {.min = 0, .max = int64_t{1} << 24},
        "Memory in MB for the photographs that are processed at the same time, beside 300 MB for the program (0: "
        "half of what is available). One that needs more is listed as too_large, and tried again by the next run.");
  }
};

int64_t memory_bytes_of(const AlignFlags& flags) {
  return flags.memory_mb > 0 ? flags.memory_mb << 20 : default_photograph_memory();
}

Alignment align(const AlignFlags& flags, const Stopwatch& watch) {
  AlignmentJob job{.source = without_final_slash(flags.source),
                   .destination = without_final_slash(flags.destination),
                   .options = flags.options,
                   .threads = resolve_threads(flags.threads),
                   .memory_bytes = memory_bytes_of(flags)};
  std::unique_ptr<Mtcnn> detector;
  std::map<std::string, FivePoints> landmarks;
  if (flags.landmarks.empty()) {
    const NamedTensors weights = find_detector_weights(flags.detector);
    job.faces_from = fingerprint_of_detector(weights);
    detector = std::make_unique<Mtcnn>(weights, flags.options.detector);
    job.detector = detector.get();
  } else {
    require(flags.detector.empty(), "--landmarks and --detector exclude each other; give one of them");
    landmarks = read_landmark_file(flags.landmarks);
    job.faces_from = "landmarks " + hex(hash64(read_text_file(flags.landmarks)));
    job.landmarks = &landmarks;
  }
  const StopSignal stop;
  try {
    return align_folder(job, progress_lines(watch, "photographs"));
  } catch (const Interrupted&) {
    throw Failure("stopped by a signal; run the same command again to continue with the remaining photographs");
  }
}

CutOutFace cut_out_face(const AlignFlags& flags, const nlohmann::json& line, const nlohmann::json& listed) {
  CutOutFace face{.photograph = flags.source / std::filesystem::path(line.at("source").get<std::string>()),
                  .width = line.at("width"),
                  .crop = flags.destination / std::filesystem::path(listed.at("file").get<std::string>())};
  const auto& box = listed.at("box");
  face.face.box = {box.at(0), box.at(1), box.at(2), box.at(3)};
  for (size_t i = 0; i < face.face.landmarks.size(); ++i) {
    const auto& point = listed.at("landmarks").at(i);
    face.face.landmarks[i] = {point.at(0), point.at(1)};
  }
  return face;
}

// The crops listed in the manifest, with their photographs.
std::vector<CutOutFace> cut_out_faces(const AlignFlags& flags) {
  const std::string manifest = (std::filesystem::path(flags.destination) / kManifestName).native();
  const std::string text = read_text_file(manifest);
  std::vector<CutOutFace> faces;
  for (const TextLine& line : text_lines(text)) {
    try {
      const auto json = nlohmann::json::parse(line.text);
      for (const auto& listed : json.value("faces", nlohmann::json::array())) {
        faces.push_back(cut_out_face(flags, json, listed));
      }
    } catch (const nlohmann::json::exception& error) {
      fail("{}, line {}: not written by massface align ({})", printable(manifest), line.number, error.what());
    }
  }
  return faces;
}

void write_contact_sheet(const AlignFlags& flags, const std::vector<std::filesystem::path>& crops) {
  if (crops.empty()) return log_warning("no contact sheet was written, because there are no crops");
  const Image sheet =
      flags.contact_sheet_of == "crops" ? contact_sheet(crops) : before_after_sheet(cut_out_faces(flags));
  write_file_atomically(flags.contact_sheet, encode_for_name(flags.contact_sheet, sheet));
}

// The sheet would be taken for a photograph, or take the place of one, of a crop or of the manifest.
void require_place_for_sheet(const AlignFlags& flags) {
  const std::filesystem::path sheet = absolute_path(flags.contact_sheet);
  for (const std::string& folder : {flags.source, flags.destination}) {
    const std::filesystem::path below = sheet.lexically_relative(absolute_path(without_final_slash(folder)));
    require(below.empty() || *below.begin() == "..",
            "--contact-sheet {} lies within {}, where only photographs and crops belong. Choose another place",
            printable(flags.contact_sheet), printable(folder));
  }
  require_writable_file(flags.contact_sheet, {flags.landmarks, flags.detector});
}

void run_align(const AlignFlags& flags) {
  require(!flags.source.empty() && !flags.destination.empty(),
          "align needs a folder of photographs and a folder to create: massface align SRC DST");
  require(!flags.contact_sheet.empty() || flags.contact_sheet_of == "crops",
          "--contact-sheet-of selects the contents of --contact-sheet; give that option as well");
  const Stopwatch watch;
  if (!flags.contact_sheet.empty()) require_place_for_sheet(flags);
  const Alignment alignment = align(flags, watch);
  const AlignmentCounts& counts = alignment.counts;
  const double seconds = watch.seconds();
  if (!flags.contact_sheet.empty()) write_contact_sheet(flags, alignment.crops);
  const double rate = static_cast<double>(counts.photographs - counts.done_before) / seconds;
  const std::string manifest = (std::filesystem::path(flags.destination) / kManifestName).native();
  if (flags.json) {
    return print_json({{"photographs", counts.photographs},
                       {"done_before", counts.done_before},
                       {"aligned", counts.aligned},
                       {"crops", counts.crops},
                       {"several_faces", counts.several_faces},
                       {"no_face", counts.no_face},
                       {"too_small", counts.too_small},
                       {"no_landmarks", counts.no_landmarks},
                       {"bad_landmarks", counts.bad_landmarks},
                       {"truncated", counts.truncated},
                       {"too_large", counts.too_large},
                       {"bad_images", counts.bad_images},
                       {"seconds", seconds},
                       {"images_per_second", rate},
                       {"manifest", printable(manifest)}});
  }
  std::cout << fmt::format("{} photographs in {:.1f} s ({:.1f} images/s), {} of them already done\n",
                           counts.photographs, seconds, rate, counts.done_before)
            << fmt::format("  aligned        {:>8}   {} crops\n", counts.aligned, counts.crops);
  const auto row = [](const char* what, int64_t count) { std::cout << fmt::format("  {:<15}{:>8}\n", what, count); };
  row("several faces", counts.several_faces);
  row("no face", counts.no_face);
  row("too small", counts.too_small);
  if (!flags.landmarks.empty()) {
    row("no landmarks", counts.no_landmarks);
    row("bad landmarks", counts.bad_landmarks);
  }
  row("truncated", counts.truncated);
  row("too large", counts.too_large);
  row("bad images", counts.bad_images);
  std::cout << fmt::format("  all are listed in {}\n", printable(manifest));
}

}  // namespace

void add_align_verb(CLI::App& program) {
  auto flags = std::make_shared<AlignFlags>();
  CLI::App* verb = program.add_subcommand("align", "Cut aligned faces out of a folder of photographs");
  verb->footer(
      "massface align photographs faces\n"
      "massface align lfw lfw-112 --faces central\n"
      "MTCNN finds five landmarks in each face; a similarity transform maps them onto insightface's template. SRC may\n"
      "hold one folder per person, or be flat; DST mirrors it. The same command continues a run that was stopped.");
  verb->add_option("source", flags->source, "Folder of photographs (JPEG, PNG, WebP)")->type_name("SRC");
  verb->add_option("destination", flags->destination, "Folder of crops to create")->type_name("DST");
  bind_verb(*verb, *flags, flags->json, [flags] { run_align(*flags); });
}

}  // namespace massface
