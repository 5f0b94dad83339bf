#include <array>
#include <fstream>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "cli/flags.h"
#include "cli/gallery_actions.h"
#include "cli/progress_lines.h"
#include "core/counted.h"
#include "core/error.h"
#include "core/file_kind.h"
#include "core/file_lock.h"
#include "core/files.h"
#include "core/flush.h"
#include "core/log.h"
#include "core/stop_signal.h"
#include "core/stopwatch.h"
#include "gallery/same_place.h"

namespace massface {
namespace {

using Mode = GalleryFile::Mode;

// Images of a gallery, each once, with the faces that it is known by.
struct KnownImages {
  std::vector<NamedImage> images;
  std::map<std::string, std::vector<GalleryFace>> faces_of;  // by the image's path; without embeddings

  void add(const GalleryFace& face) {
    auto& faces = faces_of[face.file];
    if (faces.empty()) images.push_back({.path = face.file, .name = printable(face.file)});
    faces.push_back(face);
    faces.back().embedding = {};
  }
};

// A crop is all face, and a photograph has to be searched for one, as when they were added.
struct GalleryImages {
  KnownImages photographs, crops;

  explicit GalleryImages(const GalleryFile& gallery) {
    gallery.for_each_face(
        [&](const StoredFace& stored) { (is_crop(stored.face.place) ? crops : photographs).add(stored.face); });
  }
};

struct ReembedCounts {
  int64_t embedded = 0, lost = 0, people = 0;
};

void reembed_part(GalleryFile& to, const KnownImages& known, std::span<const RecognizedImage> part, bool crops,
                  ReembedCounts& counts) {
  std::vector<GalleryFace> faces;
  for (const RecognizedImage& image : part) {
    for (const GalleryFace& before : known.faces_of.at(image.image.path.native())) {
      const auto face =
          crops && !image.read.faces.empty() ? std::optional<size_t>(0) : face_at(before.place, image.read.faces);
      if (face) {
        faces.push_back(gallery_face(before.person, image, *face));
        continue;
      }
      ++counts.lost;
      log_warning("{}: {}, so {} loses a face", image.image.name,
                  image.read.reason.empty() ? "the face that was added is not found in it again" : image.read.reason,
                  printable(before.person));
    }
  }
  to.add(faces);
  counts.embedded += std::ssize(faces);
}

RecognizerOptions options_for(const GalleryArguments& arguments, bool crops) {
  RecognizerOptions options = arguments.recognizer;
  options.aligned = crops;
  options.resize &= crops;
  options.center_crop &= crops;
  return options;
}

bool is_database(const std::filesystem::path& path) {
  std::array<char, 16> start{};
  std::ifstream(path, std::ios::binary).read(start.data(), std::ssize(start));
  return kind_of_file({reinterpret_cast<const uint8_t*>(start.data()), start.size()}).use == FileUse::kDatabase;
}

void remove_gallery(const std::filesystem::path& path) {
  for (const char* ending : {"", "-wal", "-shm"}) {
    std::error_code absent;
    std::filesystem::remove(path.native() + ending, absent);
  }
}

// Fills a new gallery with the faces of these images.
ReembedCounts embed_anew(const std::filesystem::path& gallery, const GalleryArguments& arguments,
                         const GalleryImages& images, std::optional<Recognizer>& recognizer) {
  GalleryFile::create(gallery, facts_of(*recognizer));
  GalleryFile to(gallery, Mode::kWrite);
  ReembedCounts counts;
  const Stopwatch watch;
  const StopSignal stop;
  for (const bool crops : {false, true}) {
    const KnownImages& known = crops ? images.crops : images.photographs;
    if (known.images.empty()) continue;
    if (crops != recognizer->aligned()) recognizer.emplace(options_for(arguments, crops), "all");
    to.require_same(facts_of(*recognizer));
    recognize_images(
        *recognizer, known.images,
        [&](std::span<const RecognizedImage> part) { reembed_part(to, known, part, crops, counts); },
        progress_lines(watch, crops ? "crops" : "photographs"));
  }
  to.empty_log();  // what is renamed is the file alone
  counts.people = std::ssize(to.people());
  return counts;
}

}  // namespace

void reembed_gallery(const GalleryArguments& arguments) {
  require(!arguments.out.empty(),
          "gallery reembed needs a gallery to create: massface gallery reembed G.mfg --model W --out NEW.mfg");
  const GalleryImages images{GalleryFile(arguments.gallery, Mode::kRead)};
  const auto& photographs = images.photographs.images;
  const auto& crops = images.crops.images;
  require(photographs.empty() || crops.empty() || !arguments.recognizer.resize,
          "{} holds faces of {} and of {}: resized crops cannot be compared with the faces of photographs. Leave "
          "--resize out, and add crops of the network's size",
          printable(arguments.gallery), counted(std::ssize(photographs), "photograph", "photographs"),
          counted(std::ssize(crops), "crop", "crops"));
  std::optional<Recognizer> recognizer(std::in_place, options_for(arguments, photographs.empty()), "all");
  require(!path_exists(arguments.out), "{}: exists already; choose another name, or remove it",
          printable(arguments.out));
  require_writable_file(arguments.out, {arguments.gallery});
  // The gallery gets its name when it is complete.
  const std::filesystem::path partial = partial_name(arguments.out);
  const FileLock lock(
      folder_of(arguments.out),
      fmt::format("another massface writes into the folder of {}; wait for it", printable(arguments.out)));
  require(
      !path_exists(partial) || is_database(partial),
      "{}: the new gallery would be kept in this file until it is complete, but it is another one. Move it away, or "
      "choose another --out",
      printable(partial.native()));
  remove_gallery(partial);
  ReembedCounts counts;
  try {
    counts = embed_anew(partial, arguments, images, recognizer);
    const std::vector<NamedImage>& some = photographs.empty() ? crops : photographs;
    require(counts.embedded > 0 || some.empty(),
            "none of the {} images of {} is where it was when it was added, such as {}; run the command in the folder "
            "in which they were added",
            photographs.size() + crops.size(), printable(arguments.gallery), some.empty() ? "" : some.front().name);
  } catch (const Interrupted&) {
    remove_gallery(partial);
    throw Failure("stopped by a signal; nothing is written");
  } catch (...) {
    remove_gallery(partial);
    throw;
  }
  require(!path_exists(arguments.out), "{}: has appeared meanwhile; the new gallery is {}", printable(arguments.out),
          printable(partial.native()));
  std::filesystem::rename(partial, arguments.out);
  flush_to_disk(absolute_path(arguments.out).parent_path());
  if (arguments.json) {
    return print_json({{"gallery", printable(arguments.out)},
                       {"faces", counts.embedded},
                       {"lost", counts.lost},
                       {"people", counts.people}});
  }
  std::cout << fmt::format("{}: {}, {}, of {}; {} lost\n", printable(arguments.out), counted_people(counts.people),
                           counted_faces(counts.embedded), printable(recognizer->weights().native()), counts.lost);
}

}  // namespace massface
