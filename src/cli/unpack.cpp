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
#include "core/stopwatch.h"
#include "dataset/same_names.h"
#include "dataset/unpack_dataset.h"

namespace massface {
namespace {

namespace fs = std::filesystem;

struct UnpackArguments {
  std::string source;
  std::string folder;
  UnpackOptions options;
  std::string same_names = "ask";
  bool json = false;

  void describe(OptionTable& table) {
    options.describe(table);
    describe_same_names(table, same_names);
  }
};

void run_unpack(const UnpackArguments& arguments) {
  const Stopwatch watch;
  require(!arguments.source.empty() && !arguments.folder.empty(),
          "unpack needs a packed set and a folder to create: massface unpack SET.mfp DIR");
  const fs::path folder = without_final_slash(arguments.folder);
  const fs::path left_out_list = folder.native() + ".bad_images.txt";
  require_place_for_left_out(left_out_list);
  const auto dataset = open_dataset(arguments.source, /*use_cache=*/true, parse_same_names(arguments.same_names));
  const UnpackResult result = unpack_dataset(*dataset, folder, arguments.options,
                                             stoppable_progress(watch, "the unfinished folder is removed"));
  report_left_out(result.left_out, left_out_list);
  if (arguments.json) {
    nlohmann::ordered_json json = {{"source", printable(arguments.source)},
                                   {"folder", printable(folder.native())},
                                   {"identities", result.identities},
                                   {"images", result.images},
                                   {"renamed", result.renamed}};
    add_left_out(json, result.left_out);
    json["seconds"] = watch.seconds();
    return print_json(json);
  }
  std::cout << fmt::format("{} images of {} identities in {:.1f} s\n  folder  {}\n", result.images, result.identities,
                           watch.seconds(), printable(folder.native()));
  if (result.renamed > 0) {
    std::cout << fmt::format("  {} folders and files could not keep their names\n", result.renamed);
  }
}

}  // namespace

void add_unpack_verb(CLI::App& program) {
  auto arguments = std::make_shared<UnpackArguments>();
  CLI::App* verb =
      program.add_subcommand("unpack", "Unpack a packed set or MXNet records into a folder of identity folders");
  verb->add_option("SET.mfp", arguments->source, "The packed set, or MXNet records (train.rec)")->type_name("");
  verb->add_option("DIR", arguments->folder, "The folder to create; it must not exist")->type_name("");
  verb->footer(
      "Images are written byte for byte, decoded ones as PNG. A name that cannot be used for a file is replaced by a\n"
      "similar one, and counted. Images that are left out are listed in DIR.bad_images.txt.");
  bind_verb(*verb, *arguments, arguments->json, [arguments] { run_unpack(*arguments); });
}

}  // namespace massface
