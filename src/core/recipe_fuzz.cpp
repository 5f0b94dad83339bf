// Recipes: the TOML reader, and options of every kind.
#include "core/options.h"
#include "core/options_toml.h"
#include "core/testing_fuzz.h"

namespace massface {
namespace {

struct AllKinds {
  bool flag = false;
  int64_t whole = 3;
  double number = 0.5;
  std::string text = "x";
  std::string choice = "sgd";

  void describe(OptionTable& table) {
    table.add("flag", flag, "");
    table.add("steps", whole, {.min = 0, .max = 1e9}, "");
    table.add("margin", number, {.min = 0, .max = 1}, "");
    table.add("path", text, "");
    table.add_choice("optimizer", choice, {"sgd", "adam"}, "");
  }
};

void read(std::span<const uint8_t> bytes) {
  static const FuzzFile file("recipe.toml");
  const RecipeText recipe = read_recipe_text(file.write(bytes));
  AllKinds top, phase;
  OptionTable table;
  top.describe(table);
  table.group("softmax", [&] { phase.describe(table); });
  for (const OptionAssignment& assignment : recipe.assignments) {
    try {
      table.set(assignment.name, assignment.value, assignment.where);
    } catch (const Error&) {
      table.set_from_text(assignment.name, to_toml(assignment.value), assignment.where);
    }
  }
  // What is written is read back.
  const std::string text = write_recipe_text(table, {"softmax"});
  const RecipeText again = read_recipe_text(file.write(bytes_of_text(text)));
  check(again.assignments.size() == table.fields().size(), "a written recipe has every option");
}

std::vector<std::vector<uint8_t>> seeds() {
  return {bytes_of_text("flag = true\nsteps = 12\nmargin = 0.5\npath = \"a=b\"\n\n[[phase]]\nname = \"softmax\"\n"
                        "optimizer = \"adam\"\nsteps = 3 # three\n"),
          bytes_of_text("optimizer = \"sgd\"\n[softmax]\nmargin = 1e-3\npath = '''\nx'''\nsteps = 0x1F\n")};
}

}  // namespace

FuzzTarget fuzz_target() {
  return {read,
          seeds,
          {"flag", "steps", "margin", "path", "optimizer", "softmax", "[[phase]]", "name = ", "true", "inf", "nan",
           "\"\"\"", "'''", "\\u00e9", "1e308", "9223372036854775807", "\r\n"}};
}

}  // namespace massface
