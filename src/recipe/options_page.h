#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace massface {

// Returns the text of docs/options.md: every option of a recipe, from the same describe() that recipes are read with.
// A test compares the file with this text.
std::string options_page();

// Returns the same for programs: {"options": [{"name", "default", "allowed", "choices", "help"}, ...]}. The names of a
// phase's options begin with "PHASE.".
nlohmann::ordered_json options_json();

}  // namespace massface
