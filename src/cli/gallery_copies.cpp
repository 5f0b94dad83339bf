#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "cli/flags.h"
#include "cli/gallery_actions.h"
#include "cli/progress_lines.h"
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

// The photographs of a gallery, each once, with the faces that it is known by.
struct GalleryPhotographs {
  std::vector<NamedImage> images;
  std::map<std::string, std::vector<GalleryFace>> faces_of;  // by the image's name; without embeddings

  explicit GalleryPhotographs(const GalleryFile& gallery) {
    gallery.for_each_face([&](const StoredFace& stored) {
      auto& faces = faces_of[stored.face.file];
      if (faces.empty()) images.push_back({.path = stored.face.file, .name = stored.face.file});
      faces.push_back(stored.face);
      faces.back().embedding = {};
    });
  }
};

struct ReembedCounts {
  int64_t embedded = 0, lost = 0;
};

void reembed_part(GalleryFile& to, const GalleryPhotographs& photographs, std::span<const RecognizedImage> part,
                  bool aligned, ReembedCounts& counts) {
  std::vector<GalleryFace> faces;
  for (const RecognizedImage& image : part) {
    for (const GalleryFace& known : photographs.faces_of.at(image.image.name)) {
      const auto face =
          aligned && !image.read.faces.empty() ? std::optional<size_t>(0) : face_at(known.place, image.read.faces);
      if (face) {
        faces.push_back(gallery_face(known.person, image, *face));
        continue;
      }
      ++counts.lost;
      log_warning("{}: {}, so {} loses a face", image.image.name,
                  image.read.reason.empty() ? "the face that was added is not found in it again" : image.read.reason,
                  printable(known.person));
    }
  }
  to.add(faces);
  counts.embedded += std::ssize(faces);
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
  Recognizer recognizer(arguments.recognizer, "all");
  const GalleryPhotographs photographs(from);
  require(!path_exists(arguments.out), "{}: exists already; choose another name, or remove it",
          printable(arguments.out));
  require_writable_file(arguments.out, {arguments.gallery});
  // The gallery gets its name when it is complete.
  const std::filesystem::path partial = partial_name(arguments.out);
  remove_gallery(partial);
  ReembedCounts counts;
  int64_t people = 0;
  try {
    GalleryFile::create(partial, facts_of(recognizer));
    GalleryFile to(partial, Mode::kWrite);
    const Stopwatch watch;
    const StopSignal stop;
    recognize_images(
        recognizer, photographs.images,
        [&](std::span<const RecognizedImage> part) {
          reembed_part(to, photographs, part, arguments.recognizer.aligned, counts);
        },
        progress_lines(watch, "photographs"));
    people = std::ssize(to.people());
    require(
        counts.embedded > 0 || photographs.images.empty(),
        "none of the {} photographs of {} is where it was when it was added, such as {}; run the command in the folder "
        "in which they were added",
        photographs.images.size(), printable(arguments.gallery),
        photographs.images.empty() ? "" : photographs.images.front().name);
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
  std::cout << fmt::format("{}: {} people, {} faces, of {}; {} faces are lost\n", printable(arguments.out), people,
                           counts.embedded, printable(recognizer.weights().native()), counts.lost);
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
  std::cout << fmt::format("{}: {} faces added, {} were there before; now {} people, {} faces\n",
                           printable(arguments.gallery), added, known_before, people, to.num_faces());
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
    const Json face = with_quality(Json::parse(stored.face.place), stored.face.quality);
    rows->add({.file = stored.face.file,
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
  std::cout << fmt::format("{}: {} faces of {} people, {}-d\n", printable(arguments.out), faces,
                           gallery.people().size(), gallery.facts().dimensions);
}

}  // namespace massface
