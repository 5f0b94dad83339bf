#include <CLI/CLI.hpp>
#include <memory>

#include "cli/flags.h"
#include "cli/gallery_actions.h"
#include "cli/verbs.h"
#include "core/error.h"

namespace massface {
namespace {

// What an action takes besides the gallery.
enum Takes : unsigned {
  kNothing = 0,
  kImages = 1,
  kGalleries = 2,
  kPersonOfImages = 4,
  kPerson = 8,
  kRecognizer = 16,  // --model, and how photographs are read
  kModel = 32,       // --model alone
  kIdentification = 64,
  kOut = 128,
  kCount = 256,
};

struct Action {
  const char* name;
  const char* help;
  void (*run)(const GalleryArguments&);
  unsigned takes;
};

constexpr Action kActions[] = {
    {"create", "Make an empty gallery for the embeddings of a network", create_gallery, kRecognizer},
    {"add", "Add people: folders of photographs, each named after its person", add_to_gallery,
     kImages | kPersonOfImages | kRecognizer},
    {"remove", "Remove a person, and prove that nothing of the faces is left", remove_from_gallery, kPerson},
    {"list", "List the people", list_gallery, kNothing},
    {"search", "List the most similar people for every face in photographs", search_gallery,
     kImages | kRecognizer | kCount},
    {"identify", "Name every face in photographs, or say that it is unknown", identify_by_gallery,
     kImages | kRecognizer | kIdentification},
    {"verify", "Check the file, and measure the errors of this gallery by leaving out each face", verify_gallery,
     kModel | kIdentification},
    {"reembed", "Make the gallery of other weights from the same photographs", reembed_gallery, kRecognizer | kOut},
    {"merge", "Add all people of other galleries", merge_galleries, kGalleries},
    {"export", "Write all embeddings with their people as a table", export_gallery, kOut},
};

void add_action(CLI::App& verb, const Action& action) {
  auto arguments = std::make_shared<GalleryArguments>();
  CLI::App* sub = verb.add_subcommand(action.name, action.help);
  const auto takes = [&](unsigned what) { return (action.takes & what) != 0; };
  sub->add_option("gallery", arguments->gallery, "The file of the gallery")->type_name("G.mfg");
  if (takes(kImages)) {
    sub->add_option("images", arguments->images, "Photographs, or folders of them")->type_name("PHOTOS");
  }
  if (takes(kGalleries)) sub->add_option("others", arguments->images, "The other galleries")->type_name("OTHER.mfg");
  if (takes(kPersonOfImages)) {
    sub->add_option("--person", arguments->person, "Who all of the photographs show [the folder that each lies in]")
        ->type_name("NAME");
  }
  if (takes(kPerson)) sub->add_option("--person,person", arguments->person, "Who is removed")->type_name("NAME");
  if (takes(kRecognizer | kModel)) {
    sub->add_option("--model", arguments->recognizer.model, "A .safetensors file, or a run directory")
        ->type_name("RUN_OR_WEIGHTS");
  }
  if (takes(kOut)) {
    sub->add_option("--out", arguments->out,
                    takes(kRecognizer) ? "The gallery to create" : "File to create: .npy, .npz, .csv or .jsonl")
        ->type_name("FILE");
  }
  auto table = std::make_shared<OptionTable>();
  if (takes(kCount)) {
    table->add("count", arguments->count, {.min = 1, .max = 1000}, "How many people are listed for a face.");
  }
  if (takes(kIdentification)) arguments->identification.describe(*table);
  if (takes(kModel)) arguments->recognizer.describe_weights(*table);
  if (takes(kRecognizer)) arguments->recognizer.describe(*table);
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
