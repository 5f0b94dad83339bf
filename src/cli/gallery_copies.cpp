#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "cli/flags.h"
#include "cli/gallery_actions.h"
#include "cli/progress_lines.h"
#include "core/counted.h"
#include "core/error.h"
#include "core/files.h"
#include "core/flush.h"
#include "core/log.h"
#include "core/stop_signal.h"
#include "core/stopwatch.h"
#include "gallery/same_place.h"
#include "recognition/face_rows.h"

namespace massface {
namespace {

using Json = nlohmann::ordered_json;
using Mode = GalleryFile::Mode;

constexpr size_t kFacesAtOnce = 1024;  // are added together

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
  int64_t embedded = 0, lost = 0;
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

void remove_gallery(const std::filesystem::path& path) {
  for (const char* ending : {"", "-wal", "-shm"}) {
    std::error_code absent;
    std::filesystem::remove(path.native() + ending, absent);
  }
}

}  // namespace

void reembed_gallery(const GalleryArguments& arguments) {
  require(!arguments.out.empty(),
          "gallery reembed needs a gallery to create: massface gallery reembed G.mfg --model W --out NEW.mfg");
  const GalleryFile from(arguments.gallery, Mode::kRead);
  const auto [photographs, crops] = GalleryImages(from);
  std::optional<Recognizer> recognizer(std::in_place, options_for(arguments, photographs.images.empty()), "all");
  require(!path_exists(arguments.out), "{}: exists already; choose another name, or remove it",
          printable(arguments.out));
  require_writable_file(arguments.out, {arguments.gallery});
  // The gallery gets its name when it is complete.
  const std::filesystem::path partial = partial_name(arguments.out);
  remove_gallery(partial);
  ReembedCounts counts;
  int64_t people = 0;
  try {
    GalleryFile::create(partial, facts_of(*recognizer));
    GalleryFile to(partial, Mode::kWrite);
    const Stopwatch watch;
    const StopSignal stop;
    const auto reembed = [&](const KnownImages& known, bool are_crops) {
      if (known.images.empty()) return;
      if (are_crops != recognizer->aligned()) recognizer.emplace(options_for(arguments, are_crops), "all");
      to.require_same(facts_of(*recognizer));  // crops that are resized cannot be compared with photographs
      recognize_images(
          *recognizer, known.images,
          [&](std::span<const RecognizedImage> part) { reembed_part(to, known, part, are_crops, counts); },
          progress_lines(watch, are_crops ? "crops" : "photographs"));
    };
    reembed(photographs, false);
    reembed(crops, true);
    to.empty_log();  // what is renamed is the file alone
    people = std::ssize(to.people());
    const std::vector<NamedImage>& some = photographs.images.empty() ? crops.images : photographs.images;
    require(counts.embedded > 0 || some.empty(),
            "none of the {} images of {} is where it was when it was added, such as {}; run the command in the folder "
            "in which they were added",
            photographs.images.size() + crops.images.size(), printable(arguments.gallery),
            some.empty() ? "" : some.front().name);
  } catch (const Interrupted&) {
    remove_gallery(partial);
    throw Failure("stopped by a signal; nothing is written");
  } catch (...) {
    remove_gallery(partial);
    throw;
  }
  std::filesystem::rename(partial, arguments.out);
  flush_to_disk(absolute_path(arguments.out).parent_path());
  if (arguments.json) {
    return print_json(
        {{"gallery", printable(arguments.out)}, {"faces", counts.embedded}, {"lost", counts.lost}, {"people", people}});
  }
  std::cout << fmt::format("{}: {}, {}, of {}; {} lost\n", printable(arguments.out), counted_people(people),
                           counted_faces(counts.embedded), printable(recognizer->weights().native()), counts.lost);
}

void merge_galleries(const GalleryArguments& arguments) {
  require(!arguments.images.empty(), "gallery merge needs other galleries: massface gallery merge G.mfg OTHER.mfg");
  GalleryFile to(arguments.gallery, Mode::kWrite);
  for (const std::string& other : arguments.images) GalleryFile(other, Mode::kRead).require_same(to.facts());
  int64_t added = 0, known_before = 0;
  for (const std::string& other : arguments.images) {
    std::vector<GalleryFace> faces;
    const auto add = [&] {
      for (const bool is_new : to.add(faces)) ++(is_new ? added : known_before);
      faces.clear();
    };
    GalleryFile(other, Mode::kRead).for_each_face([&](const StoredFace& stored) {
      faces.push_back(stored.face);
      if (faces.size() == kFacesAtOnce) add();
    });
    add();
  }
  const int64_t people = std::ssize(to.people());
  if (arguments.json) {
    return print_json({{"gallery", printable(arguments.gallery)},
                       {"added", added},
                       {"known_before", known_before},
                       {"people", people},
                       {"faces", to.num_faces()}});
  }
  std::cout << fmt::format("{}: {} added, {} there before; now {}, {}\n", printable(arguments.gallery),
                           counted_faces(added), known_before, counted_people(people), counted_faces(to.num_faces()));
}

void export_gallery(const GalleryArguments& arguments) {
  require(!arguments.out.empty(),
          "gallery export needs a file to create: massface gallery export G.mfg --out FACES.npy");
  require_place_for_table(arguments.out, {arguments.gallery});
  const GalleryFile gallery(arguments.gallery, Mode::kRead);
  const auto snapshot = gallery.read_one_state();
  const auto rows = make_face_rows(arguments.out, gallery.num_faces(), gallery.facts().dimensions, Person::kNamed);
  int64_t faces = 0;
  gallery.for_each_face([&](const StoredFace& stored) {
    const Json face = with_quality(place_json(stored.face.place), stored.face.quality);
    rows->add({.file = printable(stored.face.file),
               .person = printable(stored.face.person),
               .face = face,
               .embedding = stored.face.embedding.data()});
    ++faces;
  });
  rows->commit();
  if (arguments.json) {
    return print_json(
        {{"out", printable(arguments.out)}, {"faces", faces}, {"dimensions", gallery.facts().dimensions}});
  }
  std::cout << fmt::format("{}: {} of {}, {}-d\n", printable(arguments.out), counted_faces(faces),
                           counted_people(std::ssize(gallery.people())), gallery.facts().dimensions);
}

}  // namespace massface
