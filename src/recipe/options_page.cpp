#include "recipe/options_page.h"

#include <fmt/format.h>

#include "recipe/recipe.h"

namespace massface {
namespace {

std::string escaped(const std::string& text) {
  std::string result;
  for (const char c : text) {
    if (c == '|') result += '\\';
    result += c;
  }
  return result;
}

std::string row(const OptionField& field, const std::string& name) {
  return fmt::format("| `{}` | `{}` | {} | {} |\n", name, to_toml(field.default_value), escaped(allowed_values(field)),
                     escaped(field.help));
}

Recipe one_phase() {
  Recipe recipe;
  recipe.phases.push_back({.name = "PHASE"});
  return recipe;
}

constexpr const char* kTableHead = "| option | default | allowed | meaning |\n|---|---|---|---|\n";

}  // namespace

nlohmann::ordered_json options_json() {
  Recipe recipe = one_phase();
  OptionTable table;
  recipe.describe(table);
  nlohmann::ordered_json options = nlohmann::ordered_json::array();
  for (const OptionField& field : table.fields()) {
    nlohmann::ordered_json value;
    std::visit([&](const auto& v) { value = v; }, field.default_value);
    options.push_back(
        {{"name", field.name}, {"default", value}, {"allowed", allowed_values(field)}, {"help", field.help}});
  }
  return {{"options", options}};
}

std::string options_page() {
  Recipe recipe = one_phase();
  OptionTable table;
  recipe.describe(table);
  std::string shared, phase;
  for (const OptionField& field : table.fields()) {
    constexpr std::string_view prefix = "PHASE.";
    if (field.name.starts_with(prefix))
      phase += row(field, field.name.substr(prefix.size()));
    else
      shared += row(field, field.name);
  }
  return fmt::format(
      "# Options of a recipe\n\n"
      "Made by `massface options > docs/options.md` from the same descriptions that read a recipe; do not edit.\n\n"
      "A recipe is TOML. An option `dataset.path` stands under `[dataset]` as `path`, or as `dataset.path = ...` at "
      "the "
      "top; on the command line any option is `name=value`. Phases are trained in the order of their `[[phase]]` "
      "tables; "
      "a phase's options stand in its table and are called `NAME.option` on the command line "
      "(`softmax.epochs=3`).\n\n"
      "## Shared by all phases\n\n{}{}\n## Of each `[[phase]]`\n\nBesides `name`, which every phase needs and no two "
      "share.\n\n{}{}",
      kTableHead, shared, kTableHead, phase);
}

}  // namespace massface
