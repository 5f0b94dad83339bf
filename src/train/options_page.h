#pragma once

#include <string>

namespace massface {

// docs/options.md: every option of a recipe, from the same describe() that reads it. A test compares the file with this.
std::string options_page();

}  // namespace massface
