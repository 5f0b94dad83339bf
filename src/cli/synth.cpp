#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>

#include "align/contact_sheet.h"
#include "cli/flags.h"
#include "cli/progress_lines.h"
#include "cli/verbs.h"
#include "core/error.h"
#include "core/files.h"
#include "core/stopwatch.h"
#include "dataset/dataset.h"
#include "image/encode.h"
#include "synthetic/dataset.h"

namespace massface {
namespace {

struct SynthFlags {
  std::string directory;
  std::string out;
  std::string contact_sheet;
  SyntheticDatasetOptions options;
  bool json = false;
};

// Draws a page of the first eight people to train on, with a row of eight images for each.
void write_contact_sheet(const std::filesystem::path& train_directory, const std::string& file) {
  constexpr int64_t kPeople = 8, kImages = 8;
  const auto dataset = open_dataset(train_directory.native(), /*cache=*/false);
  std::vector<std::filesystem::path> faces;
  for (IdentityIndex person = 0; person < std::min(kPeople, dataset->num_identities()); ++person) {
    const ImageIndex first = dataset->first_image_of(person);
    const int64_t count = std::min(kImages, dataset->num_images_of(person));
    for (int64_t i = 0; i < count; ++i) faces.emplace_back(dataset->image_name(first + i));
  }
  write_file_atomically(file, encode_for_name(file, contact_sheet(faces)));
}

std::string chosen_directory(const SynthFlags& flags) {
  require(!flags.directory.empty() || !flags.out.empty(),
          "synth needs a folder to create: massface synth DIR, or massface synth --out DIR");
  require(flags.directory.empty() || flags.out.empty() || flags.directory == flags.out,
          "synth was given two folders, {} and --out {}. Name one.", printable(flags.directory), printable(flags.out));
  return flags.out.empty() ? flags.directory : flags.out;
}

SyntheticDataset draw(const std::string& directory, const SyntheticDatasetOptions& options, const Stopwatch& watch) {
  return write_synthetic_dataset(directory, options, stoppable_progress(watch, "the unfinished face set is removed"));
}

void run_synth(const SynthFlags& flags) {
  if (!flags.contact_sheet.empty()) {
    require_image_name(flags.contact_sheet, "--contact-sheet");
    require_writable_file(flags.contact_sheet);
  }
  const Stopwatch watch;
  const SyntheticDataset set = draw(chosen_directory(flags), flags.options, watch);
  const double seconds = watch.seconds();
  if (!flags.contact_sheet.empty()) write_contact_sheet(set.train_directory, flags.contact_sheet);
  if (flags.json) {
    nlohmann::ordered_json printed{{"train_directory", set.train_directory.native()},
                                   {"test_directory", set.test_directory.native()},
                                   {"pairs_file", set.pairs_file.native()},
                                   {"identities", set.identities},
                                   {"test_identities", set.test_identities},
                                   {"images", set.images},
                                   {"pairs", set.pairs},
                                   {"seconds", seconds}};
    if (flags.options.photographs) printed["landmarks_file"] = set.landmarks_file.native();
    if (!flags.contact_sheet.empty()) printed["contact_sheet"] = flags.contact_sheet;
    return print_json(printed);
  }
  std::cout << fmt::format(
      "{} people, {} images in {:.1f} s\n  train on  {}\n  test on   {}\n  pairs     {} ({} pairs)\n",
      set.identities + set.test_identities, set.images, seconds, printable(set.train_directory.native()),
      printable(set.test_directory.native()), printable(set.pairs_file.native()), set.pairs);
  if (flags.options.photographs) {
    std::cout << fmt::format("  landmarks {}\n", printable(set.landmarks_file.native()));
  }
  if (!flags.contact_sheet.empty()) std::cout << fmt::format("  page      {}\n", printable(flags.contact_sheet));
}

}  // namespace

void add_synth_verb(CLI::App& program) {
  auto flags = std::make_shared<SynthFlags>();
  CLI::App* verb =
      program.add_subcommand("synth", "Draw a synthetic face set of people who do not exist, for training and tests");
  verb->add_option("DIR", flags->directory, "The folder to create, with DIR/train, DIR/test and DIR/pairs.txt")
      ->type_name("");
  verb->add_option("--out", flags->out, "The same as DIR")->type_name("");
  verb->add_option("--contact-sheet", flags->contact_sheet,
                   "Also draw a page of faces, one person per row, to this .jpg, .jpeg or .png file")
      ->type_name("FILE");
  verb->footer(
      "massface synth faces --identities 500 --images-per-identity 12 --seed 1 --contact-sheet faces.jpg\n"
      "massface synth scenes --photographs && massface align scenes/train crops --landmarks scenes/landmarks.csv\n"
      "The same options draw the same bytes on every machine. A folder that is not empty is never overwritten.");
  bind_verb(*verb, flags->options, flags->json, [flags] { run_synth(*flags); });
}

}  // namespace massface
