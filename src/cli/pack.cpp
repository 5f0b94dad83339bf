#include <filesystem>
#include <iostream>
#include <memory>

#include "cli/flags.h"
#include "cli/left_out.h"
#include "cli/progress_lines.h"
#include "cli/verbs.h"
#include "core/error.h"
#include "core/files.h"
#include "core/hash.h"
#include "core/stopwatch.h"
#include "dataset/pack_dataset.h"

namespace massface {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

struct PackArguments {
  std::string source;
  std::string destination;
  PackOptions options;
  bool cache = true;
  bool json = false;

  void describe(OptionTable& table) {
    options.describe(table);
    table.add("cache", cache, "Use and keep the scan of the folders in the user's cache folder");
  }
};

fs::path chosen_destination(const PackArguments& arguments) {
  require(!arguments.source.empty() && !arguments.destination.empty(),
          "pack needs a face set and a name for the packed one: massface pack FACES SET.mfp");
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
  // A mistake in the name is told before a large folder is scanned.
  require_place_for_packed_set(destination);
  const auto dataset = open_dataset(arguments.source, arguments.cache);
  const PackResult result =
      pack_dataset(*dataset, destination, arguments.options, stoppable_progress(watch, "what was packed is removed"));
  report_left_out(result.left_out, fs::path(destination).replace_extension(".bad_images.txt"));
  if (arguments.json) return print_json(to_json(result, arguments, watch.seconds()));
  print_table(result, watch.seconds());
}

}  // namespace

void add_pack_verb(CLI::App& program) {
  auto arguments = std::make_shared<PackArguments>();
  CLI::App* verb = program.add_subcommand(
      "pack",
      "Put a face set into one file (or some) that is mapped into memory, for reading as fast as memory allows");
  verb->add_option("FACES", arguments->source,
                   "A folder of identity folders, a list file, MXNet records (train.rec beside train.idx), a packed "
                   "set, or several of these separated by ':'")
      ->type_name("");
  verb->add_option("SET.mfp", arguments->destination, "The file to make; it must not exist")->type_name("");
  auto table = std::make_shared<OptionTable>();
  arguments->describe(*table);
  bind_flags(*verb, table);
  bind_json_flag(*verb, arguments->json);
  verb->footer(
      "Images keep their order, names and, without --decode, their bytes. What is left out is listed in\n"
      "SET.bad_images.txt. The file appears whole or not at all.\n"
      "Train on it with dataset.path=SET.mfp, check it with `massface inspect SET.mfp`, and get the folders back with\n"
      "`massface unpack SET.mfp DIR`. The format: docs/formats/packed.md.");
  verb->callback([arguments] { run_pack(*arguments); });
}

}  // namespace massface
