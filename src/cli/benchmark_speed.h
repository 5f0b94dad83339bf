#pragma once

#include <CLI/CLI.hpp>

namespace massface {

// Adds `massface benchmark step` and `massface benchmark inference`.
void add_speed_verbs(CLI::App& benchmark);

}  // namespace massface
