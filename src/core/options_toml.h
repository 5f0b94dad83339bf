#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/options.h"

namespace massface {

// One `name = value` of a recipe, with its place for messages.
struct OptionAssignment {
  std::string name;  // "dataset.path", "softmax.epochs"
  OptionValue value;
  std::string where;  // "recipes/softmax.toml:12"
};

// A recipe as written: `[table]`s flattened to dotted names, and each `[[phase]]` put under its own `name`.
struct RecipeText {
  std::vector<std::string> phase_names;  // in the order of the file
  std::vector<OptionAssignment> assignments;
};

// Throws Error with file and line: not TOML, a phase without a name, two phases of one name, a list or a date where an
// option belongs.
RecipeText read_recipe_text(const std::filesystem::path& path);

// The table as a recipe that read_recipe_text reads back to the same values.
std::string write_recipe_text(const OptionTable& table, const std::vector<std::string>& phase_names);

}  // namespace massface
