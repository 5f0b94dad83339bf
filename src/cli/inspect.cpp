#include "dataset/inspect.h"

#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/flags.h"
#include "cli/inspect_triplets.h"
#include "cli/verbs.h"
#include "core/error.h"
#include "core/files.h"
#include "core/hash.h"
#include "core/log.h"
#include "core/threads.h"
#include "dataset/same_names.h"

namespace massface {
namespace {

using Json = nlohmann::ordered_json;

struct InspectArguments {
  InspectOptions options;
  std::string positional;
  std::string dataset;  // the set that a file of triplets indexes
  bool json = false;
};

Json to_json(const EqualImageCounts& equal) {
  Json json = {{"repeats_within_people", equal.repeats_within_people},
               {"images_across_people", equal.images_across_people},
               {"people_across", equal.people_across},
               {"groups", Json::array()}};
  for (const EqualImages& group : equal.groups) {
    Json names = Json::array();
    for (const std::string& name : group.names) names.push_back(printable(name));
    json["groups"].push_back({{"people", group.people}, {"images", names}});
  }
  return json;
}

Json to_json(const DatasetSummary& summary, const std::string& path) {
  Json json = {{"dataset", printable(path)},
               {"identities", summary.identities},
               {"images", summary.images},
               {"fingerprint", hex(summary.fingerprint)},
               {"images_per_identity",
                {{"min", summary.min_images_per_identity},
                 {"median", summary.median_images_per_identity},
                 {"mean", summary.mean_images_per_identity},
                 {"max", summary.max_images_per_identity}}},
               {"histogram", Json::array()},
               {"left_out", summary.left_out},
               {"shared_names",
                {{"merged", summary.shared_names.merged},
                 {"separate", summary.shared_names.names - summary.shared_names.merged}}},
               {"images_were_read", summary.images_were_read}};
  for (const auto& bucket : summary.histogram) {
    json["histogram"].push_back({{"from_images", bucket.from},
                                 {"to_images", bucket.to},
                                 {"identities", bucket.identities},
                                 {"images", bucket.images}});
  }
  if (!summary.images_were_read) return json;
  json["jpeg_images"] = summary.jpeg_images;
  json["png_images"] = summary.png_images;
  json["webp_images"] = summary.webp_images;
  json["raw_images"] = summary.raw_images;
  json["sizes"] = Json::array();
  for (const auto& size : summary.sizes) {
    json["sizes"].push_back({{"width_pixels", size.width}, {"height_pixels", size.height}, {"images", size.images}});
  }
  json["unreadable_images"] = summary.unreadable.size();
  json["unreadable"] = Json::array();
  for (const auto& image : summary.unreadable) {
    json["unreadable"].push_back({{"image", printable(image.name)}, {"reason", printable(image.reason)}});
  }
  json["equal_images"] = to_json(summary.equal);
  json["damaged_parts"] = Json::array();
  for (const auto& damage : summary.damage) {
    json["damaged_parts"].push_back({{"file", printable(damage.file)},
                                     {"first_byte", damage.first},
                                     {"end_byte", damage.end},
                                     {"what", printable(damage.what)}});
  }
  return json;
}

std::string chosen_dataset(const InspectArguments& arguments) {
  require(arguments.positional.empty() || arguments.options.data.empty(),
          "the dataset is given twice, as {} and as --data {}; give it once", printable(arguments.positional),
          printable(arguments.options.data));
  const std::string& path = arguments.positional.empty() ? arguments.options.data : arguments.positional;
  require(!path.empty(), "inspect needs a dataset: massface inspect DATASET");
  std::error_code ignored;
  require(!std::filesystem::exists(std::filesystem::path(path) / "options.toml", ignored),
          "{} is a run directory, not a dataset; its options.toml names the dataset that it was trained on",
          printable(path));
  require(!path.ends_with(".safetensors"), "{} holds weights, not images; `massface evaluate` measures them",
          printable(path));
  return path;
}

void run_inspect(const InspectArguments& arguments) {
  const InspectOptions& options = arguments.options;
  if (arguments.positional.ends_with(".npy")) {
    return inspect_triplets_file(arguments.positional, arguments.dataset, options, arguments.json);
  }
  const std::string path = chosen_dataset(arguments);
  require(arguments.dataset.empty(),
          "--dataset names the set that a file of triplets indexes, but {} is not a .npy file", printable(path));
  const int64_t threads = resolve_threads(options.threads);
  const auto dataset = open_dataset(path, options.cache, parse_same_names(options.same_names));
  if (!options.scan_only) log_info("reading {} images on {}", dataset->size(), threads_in_words(threads));
  const DatasetSummary summary = inspect_dataset(*dataset, !options.scan_only, threads);
  if (arguments.json) {
    print_json(to_json(summary, path));
  } else {
    std::cout << summary_table(summary);
  }
  if (!summary.damage.empty()) {
    throw Failure(fmt::format("{} is damaged in {} places; the first: {}", printable(path), summary.damage.size(),
                              to_line(summary.damage.front())));
  }
}

}  // namespace

void add_inspect_verb(CLI::App& program) {
  auto arguments = std::make_shared<InspectArguments>();
  CLI::App* verb = program.add_subcommand("inspect",
                                          "Summarise a face set (identities, images, images per identity, image sizes, "
                                          "unreadable and equal files) or a run's "
                                          "file of triplets");
  verb->add_option("DATASET", arguments->positional, "The face set (see --data), or a file of triplets")->type_name("");
  verb->add_option("--dataset", arguments->dataset,
                   "If DATASET is a file of triplets (RUN/triplets/round_00003.npy): the face set that it indexes, to "
                   "check the file against it and to show the names of images")
      ->type_name("DIR");
  verb->footer(
      "A bad image does not stop the inspection: it is counted and listed with the reason, and the exit code is 0.\n"
      "All checksums of a packed set are verified; if one differs, the exit code is 1.");
  bind_verb(*verb, arguments->options, arguments->json, [arguments] { run_inspect(*arguments); });
}

}  // namespace massface
