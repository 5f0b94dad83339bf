#include <algorithm>
#include <functional>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>

#include "align/face_json.h"
#include "checkpoint/run_weights.h"
#include "cli/flags.h"
#include "cli/gallery_actions.h"
#include "cli/progress_lines.h"
#include "core/counted.h"
#include "core/error.h"
#include "core/files.h"
#include "core/log.h"
#include "core/stop_signal.h"
#include "core/stopwatch.h"
#include "gallery/identify.h"

namespace massface {
namespace {

using Json = nlohmann::ordered_json;
using Mode = GalleryFile::Mode;

std::string place_of(const RecognizedImage& image, size_t face) {
  return face == 0 ? image.image.name : fmt::format("{} face {}", image.image.name, face + 1);
}

Json face_of_image_json(const RecognizedImage& image, size_t face) {
  Json json{{"file", image.image.name}};
  json.update(face_json(image.read.faces[face].face));
  return json;
}

Json answer_json(const RecognizedImage& image, size_t face, const std::optional<Identification>& answer) {
  Json json = face_of_image_json(image, face);
  json["name"] = nullptr;
  if (!answer) return json;
  if (!answer->name.empty()) json["name"] = printable(answer->name);
  json["cosine"] = answer->cosine;
  json["nearest"] = printable(answer->nearest);
  if (!answer->second.empty()) {
    json["second"] = printable(answer->second);
    json["second_cosine"] = answer->second_cosine;
  }
  return json;
}

void print_answer(const RecognizedImage& image, size_t face, const std::optional<Identification>& answer,
                  const IdentificationRule& rule) {
  const std::string place = place_of(image, face);
  if (!answer) {
    std::cout << fmt::format("{}: unknown (the gallery is empty)\n", place);
    return;
  }
  const std::string second =
      answer->second.empty() ? "" : fmt::format(", then {} {:.3f}", printable(answer->second), answer->second_cosine);
  std::cout << fmt::format("{}: {}   {} {:.3f}{}, threshold {:.3f}\n", place,
                           answer->name.empty() ? "unknown" : printable(answer->name), printable(answer->nearest),
                           answer->cosine, second, rule.decision.threshold_cosine);
}

void say_rule(const IdentificationRule& rule, const KnownPeople& known) {
  log_info("{}, {}; a face gets a name above a cosine of {:.4f}: {}{}", counted_people(known.num_people()),
           counted_faces(known.num_faces()), rule.decision.threshold_cosine, rule.decision.origin,
           rule.expected_fpir ? fmt::format(", an expected FPIR of {:.2g} %", 100 * *rule.expected_fpir) : "");
}

// What the faces of some photographs are looked for in.
struct FaceQuery {
  explicit FaceQuery(const GalleryArguments& arguments)
      : gallery(arguments.gallery, Mode::kRead), recognizer(arguments.recognizer, "all") {
    gallery.require_same(facts_of(recognizer));
    known.emplace(gallery);
  }

  // Calls use(image, face) for each face. Throws Error if there is none at all.
  void for_each_face(const GalleryArguments& arguments,
                     const std::function<void(const RecognizedImage&, size_t)>& use) {
    const std::vector<NamedImage> images = list_images(arguments.images, {});
    int64_t found = 0;
    const Stopwatch watch;
    const StopSignal stop;
    try {
      recognize_images(
          recognizer, images,
          [&](std::span<const RecognizedImage> part) {
            for (const RecognizedImage& image : part) {
              if (image.read.faces.empty()) leave_out(image);
              for (size_t face = 0; face < image.read.faces.size(); ++face, ++found) use(image, face);
            }
          },
          progress_lines(watch, "photographs"));
    } catch (const Interrupted&) {
      throw Failure(arguments.json ? "stopped by a signal; nothing is printed"
                                   : "stopped by a signal; the faces so far are above");
    }
    num_images = std::ssize(images);
    num_faces = found;
  }

  void require_faces() const { require(num_faces > 0, "no face was found in any of the {} photographs", num_images); }

  GalleryFile gallery;
  Recognizer recognizer;
  std::optional<KnownPeople> known;
  Json left_out = Json::array();
  int64_t num_images = 0, num_faces = 0;

 private:
  void leave_out(const RecognizedImage& image) {
    warn_of_left_out(image);
    left_out.push_back(
        {{"file", image.image.name}, {"decision", image.read.decision}, {"reason", printable(image.read.reason)}});
  }
};

}  // namespace

void identify_by_gallery(const GalleryArguments& arguments) {
  require(!arguments.images.empty(),
          "gallery identify needs photographs: massface gallery identify G.mfg PHOTOS --model W");
  FaceQuery query(arguments);
  const IdentificationRule rule = identification_rule(query.recognizer.weights(), query.recognizer.flip(),
                                                      arguments.identification, query.known->num_faces());
  say_rule(rule, *query.known);
  Json faces = Json::array();
  query.for_each_face(arguments, [&](const RecognizedImage& image, size_t face) {
    const auto answer = query.known->identify(image.embedding(face), rule.decision.threshold_cosine);
    if (arguments.json) {
      faces.push_back(answer_json(image, face, answer));
    } else {
      print_answer(image, face, answer, rule);
    }
  });
  if (arguments.json) {
    print_json({{"threshold_cosine", rule.decision.threshold_cosine},
                {"threshold_of", rule.decision.origin},
                {"expected_fpir", rule.expected_fpir ? Json(*rule.expected_fpir) : Json()},
                {"people", query.known->num_people()},
                {"faces", faces},
                {"left_out", query.left_out}});
  }
  query.require_faces();
}

void search_gallery(const GalleryArguments& arguments) {
  require(!arguments.images.empty(), "gallery search needs photographs: massface gallery search G.mfg PHOTO --model W");
  FaceQuery query(arguments);
  Json faces = Json::array();
  query.for_each_face(arguments, [&](const RecognizedImage& image, size_t face) {
    const auto people = query.known->most_similar(image.embedding(face), arguments.count);
    if (!arguments.json) {
      std::cout << fmt::format("{}:{}\n", place_of(image, face), people.empty() ? " the gallery is empty" : "");
    }
    Json similar = Json::array();
    for (const KnownPeople::Similar& person : people) {
      const std::string file = printable(query.gallery.file_of(person.face_id)), name = printable(person.name);
      similar.push_back({{"name", name}, {"cosine", person.cosine}, {"file", file}});
      if (!arguments.json) std::cout << fmt::format("  {:6.3f}  {}  {}\n", person.cosine, name, file);
    }
    if (!arguments.json) return;
    Json json = face_of_image_json(image, face);
    json["similar"] = std::move(similar);
    faces.push_back(std::move(json));
  });
  if (arguments.json) {
    print_json({{"people", query.known->num_people()}, {"faces", faces}, {"left_out", query.left_out}});
  }
  query.require_faces();
}

namespace {

Json confusion_json(const GalleryFile& gallery, const KnownPeople::Confusion& confusion) {
  return {
      {"people", {printable(confusion.first), printable(confusion.second)}},
      {"faces", confusion.faces},
      {"cosine", confusion.cosine},
      {"files", {printable(gallery.file_of(confusion.first_face)), printable(gallery.file_of(confusion.second_face))}}};
}

void print_confusions(const GalleryFile& gallery, const std::vector<KnownPeople::Confusion>& confusions) {
  if (confusions.empty()) return;
  std::cout << "  people who are taken for each other: one person under two names, or two who look alike\n";
  constexpr size_t kShown = 10;
  for (size_t i = 0; i < std::min(confusions.size(), kShown); ++i) {
    const KnownPeople::Confusion& two = confusions[i];
    std::cout << fmt::format("    {:6.3f}  {} and {}, {}: {}, {}\n", two.cosine, printable(two.first),
                             printable(two.second), counted(two.faces, "face", "faces"),
                             printable(gallery.file_of(two.first_face)), printable(gallery.file_of(two.second_face)));
  }
  if (confusions.size() > kShown) std::cout << fmt::format("    and {} more\n", confusions.size() - kShown);
}

}  // namespace

void verify_gallery(const GalleryArguments& arguments) {
  const GalleryFile gallery(arguments.gallery, Mode::kRead);
  gallery.require_undamaged();
  const bool has_threshold = arguments.identification.threshold != DecisionOptions::kNoThreshold;
  require(has_threshold || !arguments.recognizer.model.empty(),
          "gallery verify needs --model, the weights with the table of thresholds, or --threshold");
  std::filesystem::path weights;
  Flip flip = Flip::kNone;
  if (!has_threshold) {
    weights = find_run_weights(arguments.recognizer.model, arguments.recognizer.checkpoint);
    flip = flip_of_table(weights);
    const std::string needed = conditions_of(load_model(weights), flip);
    require(gallery.facts().conditions.starts_with(needed),
            "{} holds embeddings of other weights, or of another flip, than the table of thresholds in {}: {}, and the "
            "table is for {}. Use the weights that it was made with, measure their table with the flip of the gallery "
            "(massface evaluate --flip), or give --threshold",
            printable(arguments.gallery), printable(weights.native()), printable(gallery.facts().conditions), needed);
  }
  const KnownPeople known(gallery);
  const IdentificationRule rule = identification_rule(weights, flip, arguments.identification, known.num_faces());
  say_rule(rule, known);
  const KnownPeople::LeftOneOut left = known.leave_one_out(rule.decision.threshold_cosine);
  const auto rate = [](int64_t part, int64_t whole) { return static_cast<double>(part) / static_cast<double>(whole); };
  if (arguments.json) {
    Json confusions = Json::array();
    for (const KnownPeople::Confusion& two : left.confusions) confusions.push_back(confusion_json(gallery, two));
    const auto measured = [&](int64_t part, int64_t whole) { return whole == 0 ? Json() : Json(rate(part, whole)); };
    return print_json({{"gallery", printable(arguments.gallery)},
                       {"fault", nullptr},
                       {"threshold_cosine", rule.decision.threshold_cosine},
                       {"searched", left.searched},
                       {"fnir", measured(left.not_named, left.searched)},
                       {"strangers", left.strangers},
                       {"fpir", measured(left.named, left.strangers)},
                       {"taken_for_each_other", confusions}});
  }
  std::cout << fmt::format("{}: undamaged\n", printable(arguments.gallery));
  if (left.searched == 0) {
    std::cout << "  FNIR       -     nobody has two faces, of which one could be searched for\n";
  } else {
    std::cout << fmt::format("  FNIR  {:6.2f} %   {} of {} faces are not named, each searched for among the others\n",
                             100 * rate(left.not_named, left.searched), left.not_named, left.searched);
  }
  if (left.strangers == 0) {
    std::cout << "  FPIR       -     there are no two people, of whom one could be taken for the other\n";
  } else {
    std::cout << fmt::format("  FPIR  {:6.2f} %   {} of {} faces get a name, each without its person in the gallery\n",
                             100 * rate(left.named, left.strangers), left.named, left.strangers);
  }
  print_confusions(gallery, left.confusions);
}

}  // namespace massface
