#pragma once

namespace CLI {
class App;
}  // namespace CLI

namespace massface {

// Adds `massface benchmark gpu`.
void add_gpu_step_verb(CLI::App& benchmark);

}  // namespace massface
