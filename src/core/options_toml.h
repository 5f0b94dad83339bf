#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/options.h"

namespace massface {

// One `name = value` of a recipe, with its location for messages.
struct OptionAssignment {
  std::string name;  // "dataset.path", "softmax.epochs"
  OptionValue value;
  std::string where;  // "recipes/softmax.toml:12"
};

// A recipe as written: `[table]`s flattened to dotted names, each `[[phase]]` put under its own `name`, and each
// `[[verification]]` under "verification." and its name.
struct RecipeText {
  std::vector<std::string> phase_names;         // in file order
  std::vector<std::string> verification_names;  // in file order
  std::vector<OptionAssignment> assignments;
};

// A recipe may begin with base = "other.toml", a path relative to its own folder: it then has all that the other recipe
// says, apart from what it says itself. If it has [[phase]] tables, its phases are these; one with the name of a phase
// of the base has that one's options apart from its own. Otherwise it has the base's phases.

//
// Throws Error with file and line for a file that is not TOML, a [[phase]] or [[verification]] without a name, two of
// a kind with the same name,
// or a list or a date where an option belongs; and for what no recipe has: more than a megabyte, more than 1000 of
// a kind,
// a name of more
// than 16 parts, more than 5000 dots outside of comments.
RecipeText read_recipe_text(const std::filesystem::path& path);
// The same for the contents of a file, which has no base. name: of the text in messages.
RecipeText parse_recipe_text(const std::string& content, const std::string& name);

// Returns the table as a recipe from which read_recipe_text reads the same values.
std::string write_recipe_text(const OptionTable& table, const std::vector<std::string>& phase_names);

}  // namespace massface
