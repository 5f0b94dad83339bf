#include <iostream>
#include <nlohmann/json.hpp>

#include "cli/flags.h"
#include "cli/gallery_actions.h"
#include "core/counted.h"
#include "core/error.h"
#include "core/files.h"
#include "gallery/same_place.h"
#include "recognition/face_rows.h"

namespace massface {
namespace {

using Json = nlohmann::ordered_json;
using Mode = GalleryFile::Mode;

constexpr size_t kFacesAtOnce = 1024;  // are added together

}  // namespace

void merge_galleries(const GalleryArguments& arguments) {
  require(!arguments.images.empty(), "gallery merge needs other galleries: massface gallery merge G.mfg OTHER.mfg");
  GalleryFile to(arguments.gallery, Mode::kWrite);
  // All before the first is added: what is damaged must not get in, nor leave the merge half done.
  for (const std::string& other : arguments.images) {
    const GalleryFile from(other, Mode::kRead);
    from.require_same(to.facts());
    from.require_undamaged();
  }
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
  gallery.require_undamaged();
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
