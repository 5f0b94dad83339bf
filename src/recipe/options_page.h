#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace massface {

// docs/options.md: every option of a recipe, from the same describe() that reads it. A test compares the file with
// this.
std::string options_page();

// The same for programs: {"options": [{"name", "default", "allowed", "help"}, ...]}; a phase's begin with "PHASE.".
nlohmann::ordered_json options_json();

}  // namespace massface
