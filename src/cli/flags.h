#pragma once

#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>

#include "core/options.h"

namespace CLI {
class App;
}  // namespace CLI

namespace massface {

// Adds --json to the verb. The value is set when parsing ends.
void bind_json_flag(CLI::App& verb, bool& json);

// Binds what most verbs have: a `--flag VALUE` for every option in the table ("images_per_identity" becomes
// --images-per-identity), with its help, default and range; --json; and the callback that runs the verb. Thus an option
// struct's describe() is the only description of a verb's flags.
void bind_verb(CLI::App& verb, std::shared_ptr<OptionTable> table, bool& json, std::function<void()> run);

// The same for the options of a struct with describe(). `options`, `json` and what `run` uses must outlive the parsing,
// as they do in the arguments that `run` holds by a shared pointer.
template <class Options>
void bind_verb(CLI::App& verb, Options& options, bool& json, std::function<void()> run) {
  auto table = std::make_shared<OptionTable>();
  options.describe(*table);
  bind_verb(verb, std::move(table), json, std::move(run));
}

// Prints the JSON object of --json to standard output, where nothing else is ever printed with --json.
void print_json(const nlohmann::ordered_json& object);

}  // namespace massface
