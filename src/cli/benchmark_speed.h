#pragma once

namespace CLI {
class App;
}  // namespace CLI

namespace massface {

// Adds `massface benchmark step` and `massface benchmark inference`.
void add_speed_verbs(CLI::App& benchmark);

}  // namespace massface
