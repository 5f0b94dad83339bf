#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/flags.h"
#include "cli/left_out.h"
#include "cli/progress_lines.h"
#include "cli/verbs.h"
#include "core/error.h"
#include "core/files.h"
#include "core/hash.h"
#include "core/stopwatch.h"
#include "dataset/pack_dataset.h"
#include "dataset/same_names.h"

namespace massface {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

struct PackArguments {
  std::string source;
  std::string destination;
  PackOptions options;
  bool cache = true;
  std::string same_names = "ask";
  bool json = false;

  void describe(OptionTable& table) {
    options.describe(table);
    table.add("cache", cache, "Keep the scan of the folders in the user's cache folder and reuse it");
    describe_same_names(table, same_names);
  }
};

fs::path chosen_destination(const PackArguments& arguments) {
  require(!arguments.source.empty() && !arguments.destination.empty(),
          "pack needs a face set and a packed set to create: massface pack FACES SET.mfp");
  require(arguments.destination.ends_with(".mfp"), "{}: a packed set's name ends in .mfp, such as {}.mfp",
          printable(arguments.destination), printable(fs::path(arguments.destination).replace_extension().native()));
  return arguments.destination;
}

Json to_json(const PackResult& result, const PackArguments& arguments, double seconds) {
  Json json = {{"source", printable(arguments.source)},
               {"files", Json::array()},
               {"identities", result.written.identities},
               {"images", result.written.images},
               {"bytes", result.written.bytes},
               {"decoded", arguments.options.decode},
               {"fingerprint", hex(result.written.fingerprint)}};
  for (const fs::path& file : result.written.files) json["files"].push_back(printable(file.native()));
  json["identities_left_out"] = result.identities_left_out;
  add_left_out(json, result.left_out);
  json["seconds"] = seconds;
  return json;
}

void print_table(const PackResult& result, double seconds) {
  const auto& written = result.written;
  std::cout << fmt::format("{} images of {} identities, {:.1f} MB in {:.1f} s\n  packed set  {}\n", written.images,
                           written.identities, static_cast<double>(written.bytes) * 1e-6, seconds,
                           printable(written.files.front().native()));
  if (written.files.size() > 1) std::cout << fmt::format("  shards      {}\n", written.files.size() - 1);
}

void run_pack(const PackArguments& arguments) {
  const Stopwatch watch;
  const fs::path destination = chosen_destination(arguments);
  // Report a mistake in the name before a large folder is scanned.
  require_place_for_packed_set(destination);
  const fs::path left_out_list = fs::path(destination).replace_extension(".bad_images.txt");
  require_place_for_left_out(left_out_list);
  const auto dataset = open_dataset(arguments.source, arguments.cache, parse_same_names(arguments.same_names));
  const PackResult result = pack_dataset(*dataset, destination, arguments.options,
                                         stoppable_progress(watch, "the unfinished packed set is removed"));
  report_left_out(result.left_out, left_out_list);
  if (arguments.json) return print_json(to_json(result, arguments, watch.seconds()));
  print_table(result, watch.seconds());
}

}  // namespace

void add_pack_verb(CLI::App& program) {
  auto arguments = std::make_shared<PackArguments>();
  CLI::App* verb = program.add_subcommand(
      "pack", "Pack a face set into one or several files that are mapped into memory and read at the speed of memory");
  verb->add_option("FACES", arguments->source,
                   "A folder of identity folders, a list file, MXNet records (train.rec next to train.idx), a packed "
                   "set, or several of these separated by ':'")
      ->type_name("");
  verb->add_option("SET.mfp", arguments->destination, "The file to create; it must not exist")->type_name("");
  verb->footer(
      "Images keep their order, names and, without --decode, their bytes. Images that are left out are listed in\n"
      "SET.bad_images.txt. The file appears complete or not at all.\n"
      "Train on it with dataset.path=SET.mfp, check it with `massface inspect SET.mfp`, and get the folders back with\n"
      "`massface unpack SET.mfp DIR`. docs/formats/packed.md defines the format.");
  bind_verb(*verb, *arguments, arguments->json, [arguments] { run_pack(*arguments); });
}

}  // namespace massface
