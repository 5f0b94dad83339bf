#include "cli/command_line.h"

#include <c10/util/Exception.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <new>
#include <regex>

#include "core/error.h"
#include "core/files.h"
#include "core/options.h"

namespace massface {
namespace {

// All verbs of the app, whether they are on the command line or not.
std::vector<const CLI::App*> all_verbs_of(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App*) { return true; });
}

std::vector<std::string> verbs_of(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* verb : all_verbs_of(app)) names.push_back(verb->get_name());
  return names;
}

// The innermost verb on the command line, and its full name, such as "massface benchmark".
struct Place {
  const CLI::App* app;
  std::string name;
};

Place innermost(const CLI::App& program) {
  Place place{&program, program.get_name()};
  for (auto verbs = place.app->get_subcommands(); !verbs.empty(); verbs = place.app->get_subcommands()) {
    place = {verbs.front(), place.name + " " + verbs.front()->get_name()};
  }
  return place;
}

std::vector<std::string> flags_of(const CLI::App& app) {
  std::vector<std::string> flags;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) flags.push_back("--" + name);
  }
  return flags;
}

std::string did_you_mean(const std::string& word, const std::vector<std::string>& known, const std::string& otherwise) {
  const std::string nearest = nearest_name(word, known);
  return nearest.empty() ? otherwise : fmt::format("did you mean {}?", nearest);
}

std::string message_of_extra(const Place& place, const std::string& word) {
  if (!word.starts_with('-')) {
    return fmt::format("unexpected argument '{}' to {}; {} --help shows its usage", printable(word), place.name,
                       place.name);
  }
  const std::string flag = word.substr(0, word.find('='));
  return fmt::format("{} has no {}; {}", place.name, printable(flag),
                     did_you_mean(flag, flags_of(*place.app), place.name + " --help lists its options"));
}

}  // namespace

void require_known_verbs(const CLI::App& program, const std::vector<std::string>& words) {
  const CLI::App* app = &program;
  std::string place = program.get_name();
  for (const std::string& word : words) {
    const auto verbs = all_verbs_of(*app);
    if (verbs.empty()) return;
    if (word.starts_with('-')) continue;
    const auto verb = std::ranges::find(verbs, word, &CLI::App::get_name);
    const auto names = verbs_of(*app);
    require(verb != verbs.end(), "{} has no verb {}; {}", place, printable(word),
            did_you_mean(word, names, fmt::format("its verbs are {}", fmt::join(names, ", "))));
    app = *verb;
    place += " " + word;
  }
}

std::vector<std::string> expand_home_in(std::vector<std::string> words) {
  for (std::string& word : words) {
    const size_t value = word.find("=~") == std::string::npos ? 0 : word.find('=') + 1;
    word = word.substr(0, value) + expand_home(word.substr(value));
  }
  return words;
}

std::string message_of_refusal(const CLI::App& program, const CLI::ParseError& error) {
  const std::string message = error.what();
  const Place place = innermost(program);
  if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr && !verbs_of(*place.app).empty()) {
    return fmt::format("{} needs a verb: {}", place.name, fmt::join(verbs_of(*place.app), ", "));
  }
  const bool extra = dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr;
  if (const auto extras = program.remaining(/*recurse=*/true); extra && !extras.empty()) {
    return message_of_extra(place, extras.front());
  }
  std::smatch match;
  if (std::regex_match(message, match, std::regex("(.*): At Most 1 required but received (\\d+)"))) {
    return fmt::format("{} is given {} times; give it once", match[1].str(), match[2].str());
  }
  if (std::regex_match(message, match, std::regex("(.*): 1 required .*missing"))) {
    return fmt::format("{} needs a value", match[1].str());
  }
  return printable(message);
}

std::string message_of_failure(const std::exception& error) {
  if (const auto* of_torch = dynamic_cast<const c10::Error*>(&error)) return of_torch->what_without_backtrace();
  if (dynamic_cast<const std::bad_alloc*>(&error) != nullptr) return "not enough memory";
  return error.what();
}

}  // namespace massface
