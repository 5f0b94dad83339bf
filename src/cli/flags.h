#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "core/options.h"

namespace massface {

// Makes a `--flag VALUE` of every option in the table ("images_per_identity" becomes --images-per-identity), with its
// help, default and range. An option struct's describe() is so the only description of a verb's flags.
void bind_flags(CLI::App& verb, std::shared_ptr<OptionTable> table);

// Adds --json to the verb. The value is set when parsing ends.
void bind_json_flag(CLI::App& verb, bool& json);

// The one JSON object of --json, on standard output, where nothing else ever goes with --json.
void print_json(const nlohmann::ordered_json& object);

}  // namespace massface
