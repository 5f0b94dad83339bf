#include <filesystem>
#include <iostream>

#include "cli/flags.h"
#include "cli/progress_lines.h"
#include "cli/verbs.h"
#include "core/error.h"
#include "core/files.h"
#include "core/stopwatch.h"
#include "synthetic/dataset.h"

namespace massface {
namespace {

struct SynthFlags {
  std::string directory;
  std::string out;
  SyntheticDatasetOptions options;
  bool json = false;
};

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
  const Stopwatch watch;
  const SyntheticDataset set = draw(chosen_directory(flags), flags.options, watch);
  const double seconds = watch.seconds();
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
    return print_json(printed);
  }
  std::cout << fmt::format(
      "{} people, {} images in {:.1f} s\n  train on  {}\n  test on   {}\n  pairs     {} ({} pairs)\n",
      set.identities + set.test_identities, set.images, seconds, printable(set.train_directory.native()),
      printable(set.test_directory.native()), printable(set.pairs_file.native()), set.pairs);
  if (flags.options.photographs) {
    std::cout << fmt::format("  landmarks {}\n", printable(set.landmarks_file.native()));
  }
}

}  // namespace

void add_synth_verb(CLI::App& program) {
  auto flags = std::make_shared<SynthFlags>();
  auto table = std::make_shared<OptionTable>();
  flags->options.describe(*table);
  CLI::App* verb =
      program.add_subcommand("synth", "Draw a synthetic face set of people who do not exist, for training and tests");
  verb->add_option("DIR", flags->directory, "The folder to create, with DIR/train, DIR/test and DIR/pairs.txt")
      ->type_name("");
  verb->add_option("--out", flags->out, "The same as DIR")->type_name("");
  bind_flags(*verb, table);
  bind_json_flag(*verb, flags->json);
  verb->footer(
      "massface synth faces --identities 500 --images-per-identity 12 --seed 1\n"
      "massface synth scenes --photographs && massface align scenes/train crops --landmarks scenes/landmarks.csv\n"
      "The same options draw the same bytes on every machine. A folder that is not empty is never overwritten.");
  verb->callback([flags] { run_synth(*flags); });
}

}  // namespace massface
