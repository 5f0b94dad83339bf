#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>

#include "core/options.h"

namespace CLI {
class App;
}  // namespace CLI

namespace massface {

// Adds a `--flag VALUE` for every option in the table ("images_per_identity" becomes --images-per-identity), with its
// help, default and range. Thus an option struct's describe() is the only description of a verb's flags.
void bind_flags(CLI::App& verb, std::shared_ptr<OptionTable> table);

// Adds --json to the verb. The value is set when parsing ends.
void bind_json_flag(CLI::App& verb, bool& json);

// Prints the JSON object of --json to standard output, where nothing else is ever printed with --json.
void print_json(const nlohmann::ordered_json& object);

}  // namespace massface
