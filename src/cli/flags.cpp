#include "cli/flags.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <nlohmann/json.hpp>

namespace massface {
namespace {

std::string flag_of(std::string name) {
  std::ranges::replace(name, '_', '-');
  return "--" + name;
}

std::string help_of(const OptionField& field) {
  std::string help = field.help;
  const std::string allowed = allowed_values(field);
  if (!allowed.empty()) help += " (" + allowed + ")";
  return is_allowed(field, field.default_value) ? help + " [" + to_toml(field.default_value) + "]" : help;
}

void bind_flags(CLI::App& verb, std::shared_ptr<OptionTable> table) {
  for (const OptionField& field : table->fields()) {
    const std::string flag = flag_of(field.name);
    const std::string name = field.name;
    if (field.kind == OptionKind::kBool) {
      // Accepts both --flag and --flag=false.
      verb.add_flag_function(
          flag, [table, name, flag](int64_t count) { table->set(name, count > 0, flag); }, help_of(field));
      continue;
    }
    auto store = [table, name, flag](const std::string& text) { table->set_from_text(name, text, flag); };
    verb.add_option_function<std::string>(flag, store, help_of(field))->type_name("");
  }
}

}  // namespace

void bind_json_flag(CLI::App& verb, bool& json) {
  verb.add_flag("--json", json, "Print the result as one JSON object to standard output");
}

void bind_verb(CLI::App& verb, std::shared_ptr<OptionTable> table, bool& json, std::function<void()> run) {
  bind_flags(verb, std::move(table));
  bind_json_flag(verb, json);
  verb.callback(std::move(run));
}

void print_json(const nlohmann::ordered_json& object) {
  std::cout << object.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << std::endl;
}

}  // namespace massface
