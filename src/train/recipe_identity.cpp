#include "train/recipe_identity.h"

#include <fmt/ranges.h>

#include <vector>

#include "core/error.h"
#include "core/hash.h"
#include "core/log.h"

namespace massface {

bool may_change_on_resume(const std::string& option) {
  for (const char* group : {"checkpoint.", "telemetry.", "verification."}) {
    if (option.starts_with(group)) return true;
  }
  for (const char* whole : {"device", "threads", "from", "dataset.path", "dataset.cache", "dataset.max_bad_fraction",
                            "backbone.memory_budget", "pipeline.decode_threads", "pipeline.prefetch_batches"}) {
    if (option == whole) return true;
  }
  // Like the lengths, it decides when a phase ends, and nothing about the steps before.
  if (option.ends_with(".early_stopping.patience")) return true;
  return option.ends_with(".epochs") || option.ends_with(".steps");
}

std::map<std::string, std::string> recipe_hashes(const Recipe& recipe) {
  Recipe copy = recipe;
  OptionTable table;
  copy.describe(table);
  std::map<std::string, std::string> texts;
  for (const OptionField& field : table.fields()) {
    // The set that chooses checkpoints decides what the run results in.
    const bool chooses = !copy.validation.set.empty() &&
                         field.name.starts_with("verification." + copy.validation.set + ".") &&
                         !field.name.ends_with(".every_steps");
    if (may_change_on_resume(field.name) && !chooses) continue;
    const auto dot = field.name.find('.');
    const std::string group = dot == std::string::npos ? "" : field.name.substr(0, dot);
    texts[group] += fmt::format("{} = {}\n", field.name, to_toml(field.get()));
  }
  for (auto& [group, text] : texts) text = hex(hash64(text));
  return texts;
}

void require_same_recipe(const std::map<std::string, std::string>& before, const Recipe& now,
                         const std::string& options_file, bool allow_inexact) {
  const auto hashes = recipe_hashes(now);
  std::vector<std::string> changed;
  for (const auto& [group, hash] : before) {
    const auto found = hashes.find(group);
    if (found != hashes.end() && found->second == hash) continue;
    changed.push_back(group.empty() ? "the options without a group" : "the options of " + group);
  }
  if (changed.empty()) return;
  const std::string list = fmt::format("{}", fmt::join(changed, " and "));
  require(allow_inexact,
          "{} is no longer the recipe that the newest checkpoint was trained with: {} differ, so the run would not "
          "continue as it started. Undo the change, or pass --allow-inexact-resume",
          options_file, list);
  log_warning("continuing with another recipe than that of the newest checkpoint: {} differ", list);
}

}  // namespace massface
