#include "dataset/same_names.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <set>

#include "core/error.h"
#include "core/files.h"

namespace massface {
namespace {

namespace fs = std::filesystem;

struct SharedNumbers {
  int64_t count = 0;  // of the names that both sets have and that are numbers
  std::string first;
};

// Walks both sets at once, for both are sorted by name.
SharedNumbers shared_by(const Dataset& one, const Dataset& other) {
  SharedNumbers shared;
  IdentityIndex i = 0, j = 0;
  while (i < one.num_identities() && j < other.num_identities()) {
    const std::string name = one.identity_name(i), other_name = other.identity_name(j);
    if (name == other_name) {
      if (is_number(name) && shared.count++ == 0) shared.first = name;
    }
    i += name <= other_name;
    j += other_name <= name;
  }
  return shared;
}

// The last `count` components of a path.
std::string end_of(const std::vector<std::string>& components, size_t count) {
  std::string end;
  for (size_t i = components.size() - std::min(count, components.size()); i < components.size(); ++i) {
    end += (end.empty() ? "" : "/") + components[i];
  }
  return end;
}

}  // namespace

SameNames parse_same_names(std::string_view text) {
  if (text == "merge") return SameNames::kMerge;
  if (text == "separate") return SameNames::kSeparate;
  require(text == "ask", "same_names is \"{}\"; expected ask, merge or separate", printable(text));
  return SameNames::kAsk;
}

void describe_same_names(OptionTable& table, std::string& same_names) {
  table.add_choice("same_names", same_names, {"ask", "merge", "separate"},
                   "If sets are joined with ':', what identities with the same name in two of them are: one person "
                   "(merge), or two (separate: an identity is then called SET:NAME). ask: merge names, keep the "
                   "identities of record files apart, and refuse to join if a shared name is a number.");
}

bool is_number(std::string_view name) {
  if (name.starts_with('-')) name.remove_prefix(1);
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  return !name.empty() && is_digit(name.front()) && is_digit(name.back()) && std::ranges::count(name, '.') <= 1 &&
         std::ranges::all_of(name, [&](char c) { return c == '.' || is_digit(c); });
}

void require_names_that_mean_people(const std::vector<JoinedPart>& parts) {
  for (size_t i = 0; i < parts.size(); ++i) {
    for (size_t j = i + 1; j < parts.size(); ++j) {
      const Dataset &one = *parts[i].set, &other = *parts[j].set;
      if (one.numbers_identities() || other.numbers_identities()) continue;
      const SharedNumbers shared = shared_by(one, other);
      require(shared.count == 0,
              "{} has {} identities and {} has {}; of the names that both have, {} {}, such as {}. If equal numbers "
              "mean the same person, choose dataset.same_names=merge; if not, "
              "dataset.same_names=separate (verbs without a recipe: --same-names merge or separate)",
              printable(parts[i].root), one.num_identities(), printable(parts[j].root), other.num_identities(),
              shared.count, shared.count == 1 ? "is a number" : "are numbers", printable(shared.first));
    }
  }
}

std::vector<std::string> distinct_ends(const std::vector<std::string>& roots) {
  std::vector<std::vector<std::string>> components;
  size_t most = 1;
  for (const std::string& root : roots) {
    auto& parts = components.emplace_back();
    for (const fs::path& part : without_final_slash(absolute_path(root)).relative_path()) {
      parts.push_back(part.native());
    }
    most = std::max(most, parts.size());
  }
  std::vector<std::string> ends;
  for (size_t count = 1; count <= most; ++count) {
    ends.clear();
    for (const auto& parts : components) ends.push_back(end_of(parts, count));
    if (std::set<std::string>(ends.begin(), ends.end()).size() == ends.size()) return ends;
  }
  return ends;
}

}  // namespace massface
