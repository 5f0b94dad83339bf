#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <span>

#include "align/face_json.h"
#include "checkpoint/run_weights.h"
#include "cli/flags.h"
#include "cli/progress_lines.h"
#include "cli/recognizer.h"
#include "cli/verbs.h"
#include "core/error.h"
#include "core/files.h"
#include "core/log.h"
#include "core/stop_signal.h"
#include "core/stopwatch.h"
#include "gallery/gallery_file.h"
#include "gallery/identify.h"
#include "recognition/list_images.h"

namespace massface {
namespace {

using Json = nlohmann::ordered_json;
using Mode = GalleryFile::Mode;

constexpr size_t kPhotographsAtOnce = 64;

struct GalleryArguments {
  std::string gallery;
  std::vector<std::string> images;
  std::string person;
  IdentificationOptions identification;
  RecognizerFlags recognizer;
  bool json = false;
};

GalleryFacts facts_of(const Recognizer& recognizer) {
  return {.weights = recognizer.weights().native(),
          .conditions = recognizer.conditions(),
          .dimensions = recognizer.dimensions()};
}

// What has no face, or cannot be read, is said on standard error and counted.
void warn_of_left_out(const NamedImage& image, const ReadImage& read) {
  log_warning("{}: {}", image.name, read.reason.empty() ? "no face was found in it" : read.reason);
}

void create(const GalleryArguments& arguments) {
  const Recognizer recognizer(arguments.recognizer, "largest");
  GalleryFile::create(arguments.gallery, facts_of(recognizer));
  if (arguments.json) return print_json({{"gallery", printable(arguments.gallery)}, {"people", 0}});
  std::cout << fmt::format("{}: an empty gallery for {}\n", printable(arguments.gallery),
                           printable(recognizer.weights().native()));
}

// The person of an image: the one that is given, or the folder of that name below the one that was named.
std::string person_of(const GalleryArguments& arguments, const NamedImage& image) {
  if (!arguments.person.empty()) return arguments.person;
  require(!image.group.empty(),
          "{}: whose face is it? Pass --person, or name a folder that holds a folder for each person", image.name);
  return image.group;
}

struct AddCounts {
  int64_t added = 0, known_before = 0, left_out = 0;
};

void add_chunk(const GalleryArguments& arguments, GalleryFile& gallery, Recognizer& recognizer,
               std::span<const NamedImage> chunk, AddCounts& counts) {
  std::vector<std::filesystem::path> files;
  for (const NamedImage& image : chunk) files.push_back(image.path);
  const std::vector<ReadImage> read = recognizer.read(files);
  const EmbeddedFaces embedded = recognizer.embed(read);
  std::vector<GalleryFace> faces;
  for (size_t i = 0; i < chunk.size(); ++i) {
    if (read[i].faces.empty()) {
      warn_of_left_out(chunk[i], read[i]);
      ++counts.left_out;
      continue;
    }
    const auto row = static_cast<int64_t>(faces.size());
    const float* begin = embedded.embeddings.const_data_ptr<float>() + row * recognizer.dimensions();
    faces.push_back({.person = person_of(arguments, chunk[i]),
                     .file = chunk[i].name,
                     .place = face_json(read[i].faces.front().face).dump(),
                     .quality = embedded.quality[static_cast<size_t>(row)],
                     .embedding = {begin, begin + recognizer.dimensions()}});
  }
  for (const bool is_new : gallery.add(faces)) ++(is_new ? counts.added : counts.known_before);
}

void add(const GalleryArguments& arguments) {
  require(!arguments.images.empty(), "gallery add needs photographs: massface gallery add G.mfg PEOPLE --model W");
  GalleryFile gallery(arguments.gallery, Mode::kWrite);
  Recognizer recognizer(arguments.recognizer, "largest");
  gallery.require_same(facts_of(recognizer));
  const std::vector<NamedImage> images = list_images(arguments.images, {});
  AddCounts counts;
  const Stopwatch watch;
  const Progress progress = progress_lines(watch, "photographs");
  const StopSignal stop;
  try {
    for (size_t begin = 0; begin < images.size(); begin += kPhotographsAtOnce) {
      if (stop_was_asked_for()) throw Interrupted();
      const size_t count = std::min(kPhotographsAtOnce, images.size() - begin);
      add_chunk(arguments, gallery, recognizer, std::span(images).subspan(begin, count), counts);
      progress(static_cast<int64_t>(begin + count), std::ssize(images));
    }
  } catch (const Interrupted&) {
    throw Failure(fmt::format("stopped by a signal; {} faces were added and stay. The same command adds the others",
                              counts.added));
  }
  require(counts.added + counts.known_before > 0, "no face was found in any of the {} photographs", images.size());
  const int64_t people = std::ssize(gallery.people());
  if (arguments.json) {
    return print_json({{"gallery", printable(arguments.gallery)},
                       {"added", counts.added},
                       {"known_before", counts.known_before},
                       {"left_out", counts.left_out},
                       {"people", people},
                       {"faces", gallery.num_faces()}});
  }
  std::cout << fmt::format(
      "{}: {} faces added, {} were there before, {} photographs left out; now {} people, {} faces\n",
      printable(arguments.gallery), counts.added, counts.known_before, counts.left_out, people, gallery.num_faces());
}

void remove(const GalleryArguments& arguments) {
  require(!arguments.person.empty(), "gallery remove needs a person: massface gallery remove G.mfg NAME");
  const int64_t faces = GalleryFile(arguments.gallery, Mode::kWrite).remove(arguments.person);
  if (arguments.json) {
    return print_json({{"gallery", printable(arguments.gallery)},
                       {"person", printable(arguments.person)},
                       {"faces", faces},
                       {"trace_found", false}});
  }
  std::cout << fmt::format("{} is removed with {} faces; no part of their embeddings is left in {}\n",
                           printable(arguments.person), faces, printable(arguments.gallery));
}

void list(const GalleryArguments& arguments) {
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
  std::cout << fmt::format("{} people, {} faces, of {}\n", people.size(), gallery.num_faces(),
                           printable(gallery.facts().weights));
  for (const StoredPerson& person : people) {
    std::cout << fmt::format("{:>6}  {}\n", person.faces, printable(person.name));
  }
}

Json answer_json(const NamedImage& image, const ReadImage& read, size_t face,
                 const std::optional<Identification>& answer) {
  Json json{{"file", image.name}, {"name", nullptr}};
  json.update(face_json(read.faces[face].face));
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

void print_answer(const NamedImage& image, size_t face, const std::optional<Identification>& answer,
                  const IdentificationRule& rule) {
  const std::string place = face == 0 ? image.name : fmt::format("{} face {}", image.name, face + 1);
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
  log_info("{} people, {} faces; a face gets a name above a cosine of {:.4f}: {}{}", known.num_people(),
           known.num_faces(), rule.decision.threshold_cosine, rule.decision.origin,
           rule.expected_fpir ? fmt::format(", an expected FPIR of {:.2g} %", 100 * *rule.expected_fpir) : "");
}

void identify(const GalleryArguments& arguments) {
  require(!arguments.images.empty(),
          "gallery identify needs photographs: massface gallery identify G.mfg PHOTOS --model W");
  const GalleryFile gallery(arguments.gallery, Mode::kRead);
  Recognizer recognizer(arguments.recognizer, "all");
  gallery.require_same(facts_of(recognizer));
  const KnownPeople known(gallery);
  const IdentificationRule rule =
      identification_rule(recognizer.weights(), recognizer.flip(), arguments.identification, known.num_faces());
  say_rule(rule, known);
  Json faces = Json::array(), left_out = Json::array();
  const std::vector<NamedImage> images = list_images(arguments.images, {});
  int64_t found = 0;
  for (size_t begin = 0; begin < images.size(); begin += kPhotographsAtOnce) {
    const auto chunk = std::span(images).subspan(begin, std::min(kPhotographsAtOnce, images.size() - begin));
    std::vector<std::filesystem::path> files;
    for (const NamedImage& image : chunk) files.push_back(image.path);
    const std::vector<ReadImage> read = recognizer.read(files);
    const EmbeddedFaces embedded = recognizer.embed(read);
    const float* row = embedded.embeddings.const_data_ptr<float>();
    for (size_t i = 0; i < chunk.size(); ++i) {
      if (read[i].faces.empty()) {
        warn_of_left_out(chunk[i], read[i]);
        left_out.push_back({{"file", chunk[i].name}, {"decision", read[i].decision}, {"reason", read[i].reason}});
      }
      for (size_t face = 0; face < read[i].faces.size(); ++face, row += recognizer.dimensions(), ++found) {
        const auto answer = known.identify(row, rule.decision.threshold_cosine);
        if (arguments.json)
          faces.push_back(answer_json(chunk[i], read[i], face, answer));
        else
          print_answer(chunk[i], face, answer, rule);
      }
    }
  }
  if (arguments.json) {
    print_json({{"threshold_cosine", rule.decision.threshold_cosine},
                {"threshold_of", rule.decision.origin},
                {"expected_fpir", rule.expected_fpir ? Json(*rule.expected_fpir) : Json()},
                {"people", known.num_people()},
                {"faces", faces},
                {"left_out", left_out}});
  }
  require(found > 0, "no face was found in any of the {} photographs", images.size());
}

void verify(const GalleryArguments& arguments) {
  const GalleryFile gallery(arguments.gallery, Mode::kRead);
  const std::string fault = gallery.fault();
  require(fault.empty(), "{}: damaged: {}", printable(arguments.gallery), fault);
  const bool has_threshold = arguments.identification.threshold != DecisionOptions::kNoThreshold;
  require(has_threshold || !arguments.recognizer.model.empty(),
          "gallery verify needs --model, the weights with the table of thresholds, or --threshold");
  std::filesystem::path weights;
  Flip flip = Flip::kNone;
  if (!has_threshold) {
    weights = find_run_weights(arguments.recognizer.model);
    flip = flip_of_table(weights);
    const std::string needed = conditions_of(load_model(weights), flip);
    require(gallery.facts().conditions.starts_with(needed),
            "{} holds embeddings of other weights, or of another flip, than the table of thresholds in {}: {}, and the "
            "table is for {}. Use the weights that it was made with",
            printable(arguments.gallery), printable(weights.native()), gallery.facts().conditions, needed);
  }
  const KnownPeople known(gallery);
  const IdentificationRule rule = identification_rule(weights, flip, arguments.identification, known.num_faces());
  say_rule(rule, known);
  const KnownPeople::LeftOneOut left = known.leave_one_out(rule.decision.threshold_cosine);
  const auto rate = [](int64_t part, int64_t whole) {
    return whole == 0 ? 0.0 : static_cast<double>(part) / static_cast<double>(whole);
  };
  if (arguments.json) {
    return print_json({{"gallery", printable(arguments.gallery)},
                       {"fault", nullptr},
                       {"threshold_cosine", rule.decision.threshold_cosine},
                       {"searched", left.searched},
                       {"fnir", rate(left.not_named, left.searched)},
                       {"strangers", left.strangers},
                       {"fpir", rate(left.named, left.strangers)}});
  }
  std::cout << fmt::format("{}: undamaged\n", printable(arguments.gallery))
            << fmt::format("  FNIR  {:6.2f} %   {} of {} faces are not named, each searched for among the others\n",
                           100 * rate(left.not_named, left.searched), left.not_named, left.searched)
            << fmt::format("  FPIR  {:6.2f} %   {} of {} faces get a name, each without its person in the gallery\n",
                           100 * rate(left.named, left.strangers), left.named, left.strangers);
}

struct Action {
  const char* name;
  const char* help;
  void (*run)(const GalleryArguments&);
  bool takes_images, takes_person, recognizes, identifies;
};

constexpr Action kActions[] = {
    {"create", "Make an empty gallery for the embeddings of a network", create, false, false, true, false},
    {"add", "Add people: folders of photographs, each named after its person", add, true, true, true, false},
    {"remove", "Remove a person, and prove that nothing of the faces is left", remove, false, true, false, false},
    {"list", "List the people", list, false, false, false, false},
    {"identify", "Name every face in photographs, or say that it is unknown", identify, true, false, true, true},
    {"verify", "Check the file, and measure the errors of this gallery by leaving out each face", verify, false, false,
     false, true},
};

void add_action(CLI::App& verb, const Action& action) {
  auto arguments = std::make_shared<GalleryArguments>();
  CLI::App* sub = verb.add_subcommand(action.name, action.help);
  sub->add_option("gallery", arguments->gallery, "The file of the gallery")->type_name("G.mfg");
  if (action.takes_images) {
    sub->add_option("images", arguments->images, "Photographs, or folders of them")->type_name("PHOTOS");
  }
  if (action.takes_person) {
    const bool is_removed = !action.takes_images;
    sub->add_option(is_removed ? "--person,person" : "--person", arguments->person,
                    is_removed ? "Who is removed" : "Who all of the photographs show [the folder that each lies in]")
        ->type_name("NAME");
  }
  if (action.recognizes || action.identifies) {
    sub->add_option("--model", arguments->recognizer.model, "A .safetensors file, or a run directory")
        ->type_name("RUN_OR_WEIGHTS");
  }
  auto table = std::make_shared<OptionTable>();
  if (action.identifies) arguments->identification.describe(*table);
  if (action.recognizes) arguments->recognizer.describe(*table);
  bind_verb(*sub, table, arguments->json, [arguments, run = action.run, name = action.name] {
    require(!arguments->gallery.empty(), "gallery {} needs a gallery: massface gallery {} G.mfg", name, name);
    run(*arguments);
  });
}

}  // namespace

void add_gallery_verb(CLI::App& program) {
  CLI::App* verb = program.add_subcommand("gallery", "Keep known people in a file, and say who a face is");
  verb->footer(
      "massface gallery create team.mfg --model weights.safetensors\n"
      "massface gallery add team.mfg people --model weights.safetensors\n"
      "massface gallery identify team.mfg photographs --model weights.safetensors\n"
      "massface gallery remove team.mfg \"Ada Lovelace\"");
  verb->require_subcommand(1);
  for (const Action& action : kActions) add_action(*verb, action);
}

}  // namespace massface
