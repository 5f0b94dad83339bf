#include "cli/training_overlap.h"

#include <fmt/ranges.h>

#include <ranges>

#include "checkpoint/run_weights.h"
#include "core/files.h"
#include "core/log.h"
#include "core/options_toml.h"
#include "dataset/dataset_options.h"
#include "dataset/overlap.h"
#include "dataset/same_names.h"

namespace massface {
namespace {

namespace fs = std::filesystem;

// Returns the [dataset] of the run's options.toml. Its path is empty if `model` is neither a run directory nor in one.
// Throws Error if the file cannot be read.
DatasetOptions training_set_of(const fs::path& model) {
  DatasetOptions dataset;
  OptionTable table;
  table.group("dataset", [&] { dataset.describe(table); });
  const fs::path options = run_of_weights(model) / "options.toml";
  if (!is_file(options)) return dataset;
  for (const OptionAssignment& option : read_recipe_text(options).assignments) {
    if (option.name.starts_with("dataset.")) table.set(option.name, option.value, option.where);
  }
  return dataset;
}

}  // namespace

std::shared_ptr<const Dataset> open_training_set(const fs::path& model) {
  try {
    const DatasetOptions dataset = training_set_of(model);
    return dataset.path.empty() ? nullptr
                                : open_dataset(dataset.path, dataset.cache, parse_same_names(dataset.same_names));
  } catch (const std::exception& error) {
    log_warning("the pairs cannot be compared with the people of the training set: {}", error.what());
    return nullptr;
  }
}

std::vector<std::string> warn_of_overlap(const Dataset* training, const VerificationSet& set) {
  if (training == nullptr || !set.in_memory.empty()) return {};  // a .bin file contains no names
  std::vector<std::string> names = overlapping_identities(*training, set.pairs);
  for (std::string& name : names) name = printable(name);
  if (names.empty()) return names;
  log_warning("{}: {} people of the pairs are in the training set as well, which makes the result too good: {}{}",
              printable(set.name), names.size(), fmt::join(names | std::views::take(10), ", "),
              names.size() > 10 ? ", ..." : "");
  return names;
}

}  // namespace massface
