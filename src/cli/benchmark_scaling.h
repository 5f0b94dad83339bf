#pragma once

namespace CLI {
class App;
}  // namespace CLI

namespace massface {

// Adds `massface benchmark scaling`.
void add_scaling_verb(CLI::App& benchmark);

}  // namespace massface
