#include "core/options_toml.h"

#include <toml++/toml.h>

#include <algorithm>
#include <map>

#include "core/error.h"
#include "core/files.h"
#include "core/text_lines.h"

namespace massface {
namespace {

constexpr uintmax_t kMaxRecipeBytes = 1'000'000;
constexpr size_t kMaxTables = 1000;  // of a kind
const std::string kPhase = "phase", kVerification = "verification", kBase = "base";
// toml++ makes a table for each part of a dotted name and frees them by recursion: a name of 60,000 parts would end the
// program. (It limits how deep values are nested to 256 levels itself.) Dots in numbers and paths are counted as well,
// since only a parser could tell them apart.
constexpr int64_t kMaxDots = 5000;
constexpr int kMaxBases = 8;       // of a recipe, one on top of the other
constexpr int64_t kMaxParts = 16;  // of an option's name, whose parts are read by recursion

std::string read_limited(const std::filesystem::path& path, const std::string& file) {
  std::error_code unreadable;  // if so, reading it fails with a message
  const uintmax_t bytes = std::filesystem::file_size(path, unreadable);
  require(unreadable || bytes <= kMaxRecipeBytes, "{}: not a recipe: it has {} bytes (at most {})", file, bytes,
          kMaxRecipeBytes);
  require_text_file(path, "a recipe", "A recipe is a TOML file, such as those in recipes/");
  std::string content = read_text_file(path);
  int64_t dots = 0;
  for (const TextLine& line : text_lines(content)) {
    if (trim(line.text).starts_with('#')) continue;
    dots += std::ranges::count(line.text, '.');
    require(dots <= kMaxDots, "{}:{}: not a recipe: it has more than {} dots; the name of an option has few parts",
            file, line.number, kMaxDots);
  }
  return content;
}

class RecipeReader {
 public:
  explicit RecipeReader(std::string file) : file_(std::move(file)) {}

  // Returns the path in `base = "..."`, or "" if there is none.
  std::string base_of(const toml::table& root) const {
    const toml::node* base = root.get(kBase);
    if (base == nullptr) return "";
    const auto path = base->value<std::string>();
    require(path.has_value() && !path->empty(), "{}: base is the path of another recipe, in quotes", where(*base));
    return *path;
  }

  RecipeText read(const toml::table& root) {
    for (const auto& [key, node] : root) {
      if (key.str() == kPhase || key.str() == kVerification || key.str() == kBase) continue;
      require(!node.is_array_of_tables(),
              "{}: [[{}]] is not known; only [[phase]] and [[verification]] may be repeated", where(node), key.str());
      flatten(std::string(key.str()), node);
    }
    if (const toml::node* tables = root.get(kVerification)) {
      read_tables(*tables, kVerification, kVerification + ".", text_.verification_names);
    }
    if (const toml::node* tables = root.get(kPhase)) read_tables(*tables, kPhase, "", text_.phase_names);
    return std::move(text_);
  }

 private:
  std::string where(const toml::node& node) const { return fmt::format("{}:{}", file_, node.source().begin.line); }

  // Reads the tables of a kind; prefix: of their options' names, before the table's own name.
  void read_tables(const toml::node& tables, const std::string& kind, const std::string& prefix,
                   std::vector<std::string>& names) {
    require(tables.is_array_of_tables(), "{}: {}s are written as [[{}]], with two brackets", where(tables), kind, kind);
    for (const toml::node& element : *tables.as_array()) {
      const toml::table& table = *element.as_table();
      const auto name = table["name"].value<std::string>();
      require(name.has_value(), "{}: a [[{}]] needs a name, such as name = \"{}\"", where(element), kind,
              kind == kPhase ? "softmax" : "lfw");
      const bool plain = !name->empty() &&
                         name->find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") ==
                             std::string::npos;
      require(plain, "{}: the {} name \"{}\" may contain only letters, digits, _ and -", where(element), kind, *name);
      require(std::ranges::find(names, *name) == names.end(), "{}: two {}s are named \"{}\"; give each its own name",
              where(element), kind, *name);
      names.push_back(*name);
      require(names.size() <= kMaxTables, "{}: more than {} {}s", where(element), kMaxTables, kind);
      for (const auto& [key, node] : table) {
        if (key.str() != "name") flatten(prefix + *name + "." + std::string(key.str()), node);
      }
    }
  }

  void flatten(const std::string& name, const toml::node& node) {
    if (const toml::table* table = node.as_table()) {
      require(std::ranges::count(name, '.') < kMaxParts, "{}: a name of more than {} parts; no option has so many",
              where(node), kMaxParts);
      for (const auto& [key, child] : *table) flatten(name + "." + std::string(key.str()), child);
      return;
    }
    OptionValue value;
    if (const auto* flag = node.as_boolean())
      value = flag->get();
    else if (const auto* whole = node.as_integer())
      value = whole->get();
    else if (const auto* number = node.as_floating_point())
      value = number->get();
    else if (const auto* text = node.as_string())
      value = text->get();
    else
      fail("{}: {} is a list or a date; an option is true or false, a number or a string", where(node), name);
    text_.assignments.push_back({name, std::move(value), where(node)});
  }

  std::string file_;
  RecipeText text_;
};

// The part of an option's name that its table has: "dataset", the name of a phase, "verification.lfw"; "" if none.
std::string table_of(const std::string& option) {
  const size_t dot = option.find('.');
  if (dot == std::string::npos) return "";
  const std::string first = option.substr(0, dot);
  return first == kVerification ? option.substr(0, option.find('.', dot + 1)) : first;
}

std::string header_of(const std::string& table, const std::vector<std::string>& phase_names) {
  if (std::ranges::find(phase_names, table) != phase_names.end()) return fmt::format("[[phase]]\nname = \"{}\"", table);
  const std::string prefix = kVerification + ".";
  if (!table.starts_with(prefix)) return fmt::format("[{}]", table);
  return fmt::format("[[{}]]\nname = \"{}\"", kVerification, table.substr(prefix.size()));
}

struct ParsedRecipe {
  RecipeText text;
  std::string base;  // as written; "" if there is none
};

ParsedRecipe parse(const std::string& content, const std::string& file) {
  try {
    const toml::table root = toml::parse(content, file);
    RecipeReader reader(file);
    std::string base = reader.base_of(root);
    return {.text = reader.read(root), .base = std::move(base)};
  } catch (const toml::parse_error& error) {
    fail("{}:{}: {}", file, error.source().begin.line, error.description());
  }
}

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::ranges::find(names, name) != names.end();
}

// Returns the base with what the recipe on top of it says. Later assignments of an option replace earlier ones.
RecipeText on_top_of(const RecipeText& base, const RecipeText& recipe) {
  RecipeText text{.phase_names = recipe.phase_names.empty() ? base.phase_names : recipe.phase_names,
                  .verification_names = base.verification_names};
  for (const std::string& name : recipe.verification_names) {
    if (!contains(text.verification_names, name)) text.verification_names.push_back(name);
  }
  for (const OptionAssignment& assignment : base.assignments) {
    const std::string table = table_of(assignment.name);
    const bool of_dropped_phase = contains(base.phase_names, table) && !contains(text.phase_names, table);
    if (!of_dropped_phase) text.assignments.push_back(assignment);
  }
  text.assignments.insert(text.assignments.end(), recipe.assignments.begin(), recipe.assignments.end());
  return text;
}

RecipeText read_on_bases(const std::filesystem::path& path, int depth) {
  const std::string file = printable(path.native());
  const ParsedRecipe parsed = parse(read_limited(path, file), file);
  if (parsed.base.empty()) return parsed.text;
  require(depth < kMaxBases, "{}: base = \"{}\": more than {} recipes on top of each other; is one its own base?", file,
          printable(parsed.base), kMaxBases);
  const std::filesystem::path base = path.parent_path() / parsed.base;
  require(is_file(base), "{}: base = \"{}\": there is no recipe {}", file,
          printable(parsed.base), printable(base.native()));
  return on_top_of(read_on_bases(base, depth + 1), parsed.text);
}

}  // namespace

RecipeText read_recipe_text(const std::filesystem::path& path) { return read_on_bases(path, 0); }

RecipeText parse_recipe_text(const std::string& content, const std::string& file) {
  const ParsedRecipe parsed = parse(content, file);
  require(parsed.base.empty(), "{}: base = \"{}\" is for the file of a recipe", file, printable(parsed.base));
  return parsed.text;
}

std::string write_recipe_text(const OptionTable& table, const std::vector<std::string>& phase_names) {
  std::string text;
  std::vector<std::pair<std::string, std::string>> groups;  // in the order of the table
  for (const auto& field : table.fields()) {
    const std::string group = table_of(field.name);
    const std::string value = to_toml(field.get());
    if (group.empty()) {
      text += fmt::format("{} = {}\n", field.name, value);
      continue;
    }
    auto it = std::ranges::find(groups, group, &std::pair<std::string, std::string>::first);
    if (it == groups.end()) it = groups.insert(groups.end(), {group, ""});
    it->second += fmt::format("{} = {}\n", field.name.substr(group.size() + 1), value);
  }
  for (const auto& [group, lines] : groups) text += fmt::format("\n{}\n{}", header_of(group, phase_names), lines);
  return text;
}

}  // namespace massface
