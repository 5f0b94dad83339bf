#include <algorithm>
#include <cctype>
#include <iostream>
#include <nlohmann/json.hpp>

#include "align/face_json.h"
#include "cli/flags.h"
#include "cli/gallery_actions.h"
#include "cli/progress_lines.h"
#include "core/counted.h"
#include "core/error.h"
#include "core/files.h"
#include "core/log.h"
#include "core/stop_signal.h"
#include "core/stopwatch.h"
#include "core/text_lines.h"
#include "dataset/image_file_name.h"

namespace massface {
namespace {

using Json = nlohmann::ordered_json;
using Mode = GalleryFile::Mode;

// A name in small letters without what nobody sees: control characters, and spaces of any width at its ends.
std::string visible_part(std::string name) {
  constexpr std::string_view kInvisible[] = {"\u00a0", "\u200b", "\u200c", "\u200d", "\u200e",
                                             "\u200f", "\u2028", "\u2029", "\u3000", "\ufeff"};
  for (const std::string_view text : kInvisible) {
    for (size_t at = name.find(text); at != std::string::npos; at = name.find(text)) name.replace(at, text.size(), " ");
  }
  std::ranges::replace_if(
      name, [](unsigned char c) { return c < 0x20 || c == 0x7f; }, ' ');
  std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return std::string(trim(name));
}

// The person of an image: the one that is given, or the folder of that name below the one that was named.
std::string person_of(const GalleryArguments& arguments, const NamedImage& image) {
  const std::string& person = arguments.person.empty() ? image.group : arguments.person;
  require(!person.empty(),
          "{}: whose face is it? Pass --person, or name the folder that holds a folder for each person", image.name);
  const std::string visible = visible_part(person);
  require(!visible.empty() && visible != "unknown",
          "{}: nobody can be called \"{}\": a gallery calls strangers unknown, and lists people by their names",
          image.name, printable(person));
  return person;
}

struct AddCounts {
  int64_t added = 0, known_before = 0, left_out = 0;
};

void add_part(const GalleryArguments& arguments, GalleryFile& gallery, std::span<const RecognizedImage> images,
              AddCounts& counts) {
  std::vector<GalleryFace> faces;
  for (const RecognizedImage& image : images) {
    if (image.read.faces.empty()) {
      warn_of_left_out(image);
      ++counts.left_out;
    } else {
      faces.push_back(gallery_face(person_of(arguments, image.image), image, 0));
    }
  }
  for (const bool is_new : gallery.add(faces)) ++(is_new ? counts.added : counts.known_before);
}

// The name of the person as the gallery has it. Names that are no printable text are listed in a printable form; that
// form finds them too if nobody else has it.
std::string stored_name(const GalleryFile& gallery, const std::string& asked) {
  std::vector<std::string> same;
  for (const StoredPerson& person : gallery.people()) {
    if (person.name == asked) return asked;
    if (printable(person.name) == asked) same.push_back(person.name);
  }
  require(same.size() < 2, "{} people are listed as {}; rename them, or remove them by their exact names", same.size(),
          printable(asked));
  return same.empty() ? asked : same.front();
}

}  // namespace

GalleryFacts facts_of(const Recognizer& recognizer) {
  return {.weights = recognizer.weights().native(),
          .conditions = recognizer.conditions(),
          .dimensions = recognizer.dimensions()};
}

GalleryFace gallery_face(const std::string& person, const RecognizedImage& image, size_t face) {
  const float* embedding = image.embedding(face);
  return {.person = person,
          .file = image.image.path.native(),
          .place = face_json(image.read.faces[face].face).dump(),
          .quality = image.quality[face],
          .embedding = {embedding, embedding + image.embeddings.size(1)}};
}

void create_gallery(const GalleryArguments& arguments) {
  const Recognizer recognizer(arguments.recognizer, "largest");
  GalleryFile::create(arguments.gallery, facts_of(recognizer));
  if (arguments.json) return print_json({{"gallery", printable(arguments.gallery)}, {"people", 0}});
  std::cout << fmt::format("{}: an empty gallery for {}\n", printable(arguments.gallery),
                           printable(recognizer.weights().native()));
}

void add_to_gallery(const GalleryArguments& arguments) {
  require(!arguments.images.empty(), "gallery add needs photographs: massface gallery add G.mfg PEOPLE --model W");
  GalleryFile gallery(arguments.gallery, Mode::kWrite);
  Recognizer recognizer(arguments.recognizer, "largest");
  gallery.require_same(facts_of(recognizer));
  std::vector<NamedImage> images = list_images(arguments.images, {});
  // Lists and notes lie beside the folders of people, such as the faces.csv of massface cluster.
  if (arguments.person.empty()) {
    const auto skipped = std::erase_if(images, [](const NamedImage& image) {
      return image.group.empty() && !has_image_name(image.path.filename().native());
    });
    if (skipped > 0) log_info("{} beside the folders of people left alone", counted(skipped, "file", "files"));
  }
  for (const NamedImage& image : images) person_of(arguments, image);  // before the work, not in its middle
  AddCounts counts;
  const Stopwatch watch;
  const StopSignal stop;
  try {
    recognize_images(
        recognizer, images, [&](std::span<const RecognizedImage> part) { add_part(arguments, gallery, part, counts); },
        progress_lines(watch, "photographs"));
  } catch (const Interrupted&) {
    throw Failure(fmt::format("stopped by a signal; what was added ({}) stays. The same command adds the others",
                              counted_faces(counts.added)));
  }
  require(counts.added + counts.known_before > 0,
          "none of the {} images has given a face; what is wrong with each is said above", images.size());
  const int64_t people = std::ssize(gallery.people());
  if (arguments.json) {
    return print_json({{"gallery", printable(arguments.gallery)},
                       {"added", counts.added},
                       {"known_before", counts.known_before},
                       {"left_out", counts.left_out},
                       {"people", people},
                       {"faces", gallery.num_faces()}});
  }
  std::cout << fmt::format("{}: {} added, {} there before, {} left out; now {}, {}\n", printable(arguments.gallery),
                           counted_faces(counts.added), counts.known_before,
                           counted(counts.left_out, "photograph", "photographs"), counted_people(people),
                           counted_faces(gallery.num_faces()));
}

void remove_from_gallery(const GalleryArguments& arguments) {
  require(!arguments.person.empty(), "gallery remove needs a person: massface gallery remove G.mfg NAME");
  GalleryFile gallery(arguments.gallery, Mode::kAlone);
  const int64_t faces = gallery.remove(stored_name(gallery, arguments.person));
  if (arguments.json) {
    return print_json({{"gallery", printable(arguments.gallery)},
                       {"person", printable(arguments.person)},
                       {"faces", faces},
                       {"trace_found", false}});
  }
  std::cout << fmt::format("{} is removed with {}; no part of their embeddings is left in {}\n",
                           printable(arguments.person), counted_faces(faces), printable(arguments.gallery));
}

void list_gallery(const GalleryArguments& arguments) {
  const GalleryFile gallery(arguments.gallery, Mode::kRead);
  const auto people = gallery.people();
  if (arguments.json) {
    Json json{{"gallery", printable(arguments.gallery)},
              {"weights", printable(gallery.facts().weights)},
              {"conditions", gallery.facts().conditions},
              {"people", Json::array()}};
    for (const StoredPerson& person : people) {
      json["people"].push_back({{"name", printable(person.name)}, {"faces", person.faces}});
    }
    return print_json(json);
  }
  std::cout << fmt::format("{}, {}, of {}\n", counted_people(std::ssize(people)), counted_faces(gallery.num_faces()),
                           printable(gallery.facts().weights));
  for (const StoredPerson& person : people) {
    std::cout << fmt::format("{:>6}  {}\n", person.faces, printable(person.name));
  }
}

}  // namespace massface
