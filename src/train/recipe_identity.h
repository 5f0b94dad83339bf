#pragma once

#include <map>
#include <string>

#include "recipe/recipe.h"

namespace massface {

// Returns true if a change of this option does not affect what has been trained already. Whether another number of
// threads, another device or other files give the same bits is decided by the checkpoint's conditions.
bool may_change_on_resume(const std::string& option);

// Returns a hash of the options that may not change on resume, for each group of a recipe ("dataset", "backbone", the
// name of a phase) and for the options without a group (""). A phase that is appended adds an entry and changes none.
std::map<std::string, std::string> recipe_hashes(const Recipe& recipe);

// Compares the hashes that a checkpoint holds with those of the recipe that continues it. An empty map, of a checkpoint
// that was written before there were hashes, is not compared. Throws Error that names the changed groups; with
// allow_inexact they are a warning. options_file: the run's options.toml, for the message.
void require_same_recipe(const std::map<std::string, std::string>& before, const Recipe& now,
                         const std::string& options_file, bool allow_inexact);

}  // namespace massface
