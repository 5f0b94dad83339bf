#include <iostream>

#include "cli/verbs.h"
#include "train/options_page.h"

namespace massface {

void add_options_verb(CLI::App& program) {
  CLI::App* verb = program.add_subcommand("options", "Print every option of a recipe, as docs/options.md");
  verb->callback([] { std::cout << options_page(); });
}

}  // namespace massface
