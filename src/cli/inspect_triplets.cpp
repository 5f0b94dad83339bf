#include "cli/inspect_triplets.h"

#include <torch/torch.h>

#include <algorithm>
#include <iostream>
#include <nlohmann/json.hpp>

#include "cli/flags.h"
#include "core/error.h"
#include "core/files.h"
#include "core/hash.h"
#include "dataset/same_names.h"
#include "pool/triplet_round.h"

namespace massface {
namespace {

using Json = nlohmann::ordered_json;

// The number of triplets whose images are printed by name.
constexpr int64_t kExamples = 5;

int64_t num_distinct(const Tensor& indices) { return std::get<0>(at::_unique(indices)).size(0); }

int64_t image_of(const Tensor& indices, int64_t triplet) { return indices[triplet].item<int64_t>(); }

// Counts from the file itself, then the contents of the .json next to it.
Json counts_of(const InspectedTriplets& inspected, const std::string& path) {
  const Triplets& t = inspected.triplets;
  const Tensor all = at::cat({t.anchors, t.positives, t.negatives});
  const int64_t images = num_distinct(all);
  Json json = {
      {"triplets", printable(path)},
      {"count", t.size()},
      {"anchors", num_distinct(t.anchors)},
      {"positives", num_distinct(t.positives)},
      {"negatives", num_distinct(t.negatives)},
      {"images", images},
      {"triplets_per_image", images == 0 ? 0.0 : 3.0 * static_cast<double>(t.size()) / static_cast<double>(images)},
      {"largest_index", images == 0 ? -1 : all.max().item<int64_t>()}};
  if (inspected.facts.is_object()) json["selection"] = inspected.facts;
  return json;
}

void require_the_same_set(const InspectedTriplets& inspected, const Json& counts, const Dataset& dataset,
                          const std::string& path) {
  const std::string name = printable(path);
  const std::string fingerprint = hex(dataset.fingerprint());
  const std::string wanted =
      inspected.facts.is_object() ? inspected.facts.value("dataset_fingerprint", fingerprint) : fingerprint;
  require(
      wanted == fingerprint,
      "{}: its triplets were selected from a set with fingerprint {}, but --dataset has fingerprint {}. Give the run's "
      "dataset.path (see its options.toml)",
      name, wanted, fingerprint);
  require(counts["largest_index"] < dataset.size(), "{}: contains the index {}, but the dataset has {} images", name,
          counts["largest_index"].get<int64_t>(), dataset.size());
}

int64_t num_wrong(const Triplets& t, const Dataset& dataset) {
  const Tensor identities = torch::tensor(dataset.identity_of_image(), torch::kLong);
  const auto of = [&](const Tensor& images) { return identities.index_select(0, images); };
  return (of(t.anchors).ne(of(t.positives)) | of(t.anchors).eq(of(t.negatives)) | t.anchors.eq(t.positives))
      .sum()
      .item<int64_t>();
}

// Triplets at even distances throughout the file.
Json examples_of(const Triplets& t, const Dataset& dataset) {
  Json list = Json::array();
  const int64_t count = std::min(kExamples, t.size());
  for (int64_t i = 0; i < count; ++i) {
    const int64_t triplet = i * t.size() / count;
    const auto name = [&](const Tensor& images) { return printable(dataset.image_name(image_of(images, triplet))); };
    list.push_back({{"anchor", name(t.anchors)}, {"positive", name(t.positives)}, {"negative", name(t.negatives)}});
  }
  return list;
}

std::string text_of(const Json& json) {
  std::string text = fmt::format("{}: {} triplets of {} images\n", json["triplets"].get<std::string>(),
                                 json["count"].get<int64_t>(), json["images"].get<int64_t>());
  const auto line = [&](const std::string& name, const Json& value) {
    text += fmt::format("  {:<22} {}\n", name, value.is_string() ? value.get<std::string>() : value.dump());
  };
  for (const char* name : {"anchors", "positives", "negatives"}) line(name, json[name]);
  line("triplets per image", fmt::format("{:.2f}", json["triplets_per_image"].get<double>()));
  if (!json.contains("selection")) {
    text += "  how they were selected is unknown: there is no .json next to the file\n";
  } else {
    for (const auto& [name, value] : json["selection"].items()) line(name, value);
  }
  if (json.contains("wrong_triplets")) line("wrong triplets", json["wrong_triplets"]);
  if (json.contains("examples")) {
    for (const Json& example : json["examples"]) {
      text += fmt::format("  {}\n    with {}\n    not  {}\n", example["anchor"].get<std::string>(),
                          example["positive"].get<std::string>(), example["negative"].get<std::string>());
    }
  }
  return text;
}

}  // namespace

void inspect_triplets_file(const std::string& path, const std::string& dataset_path, const InspectOptions& options,
                           bool as_json) {
  const InspectedTriplets inspected = inspect_triplets(path);
  Json json = counts_of(inspected, path);
  if (!dataset_path.empty()) {
    const auto dataset = open_dataset(dataset_path, options.cache, parse_same_names(options.same_names));
    require_the_same_set(inspected, json, *dataset, path);
    json["wrong_triplets"] = num_wrong(inspected.triplets, *dataset);
    json["examples"] = examples_of(inspected.triplets, *dataset);
  }
  if (as_json)
    print_json(json);
  else
    std::cout << text_of(json);
}

}  // namespace massface
