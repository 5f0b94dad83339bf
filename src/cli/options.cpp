#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/flags.h"
#include "cli/verbs.h"
#include "recipe/options_page.h"

namespace massface {

void add_options_verb(CLI::App& program) {
  CLI::App* verb = program.add_subcommand("options", "Print every option of a recipe, in the form of docs/options.md");
  auto json = std::make_shared<bool>(false);
  bind_json_flag(*verb, *json);
  verb->callback([json] {
    if (*json)
      print_json(options_json());
    else
      std::cout << options_page();
  });
}

}  // namespace massface
