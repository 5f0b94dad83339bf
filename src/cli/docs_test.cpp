// The pages of docs/ against what the program has registered: a page that a new strategy, loss, network, verb or page
// was not added to fails here.
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "backbone/backbone.h"
#include "cli/verbs.h"
#include "core/files.h"
#include "core/testing_places.h"
#include "core/testing_text.h"
#include "mining/strategy.h"
#include "objective/objective.h"

namespace massface {
namespace {

namespace fs = std::filesystem;

std::string page(const std::string& path) { return read_text_file(source_root() / path); }

void expect_named(const std::string& path, const std::vector<std::string>& names) {
  const std::string text = page(path);
  for (const std::string& name : names) EXPECT_TRUE(has(text, "`" + name + "`")) << path << " does not name " << name;
}

TEST(Docs, NameEveryStrategyLossAndNetwork) {
  expect_named("docs/mining.md", strategy_names());
  expect_named("docs/losses.md", objective_names());
  expect_named("docs/backbones.md", backbone_names());
}

TEST(Docs, NameEveryVerbInTheReadme) {
  const std::string readme = page("README.md");
  CLI::App program;
  for (const auto add_verb : kVerbs) add_verb(program);
  for (const CLI::App* verb : program.get_subcommands({})) {
    EXPECT_TRUE(has(readme, "massface " + verb->get_name())) << "README.md does not show massface " << verb->get_name();
  }
}

TEST(Docs, DescribeEveryRecipe) {
  const std::string recipes = page("recipes/README.md");
  for (const auto& file : fs::directory_iterator(source_root() / "recipes")) {
    if (file.path().extension() != ".toml") continue;
    const std::string name = "`" + file.path().filename().native() + "`";
    EXPECT_TRUE(has(recipes, name)) << "recipes/README.md does not describe " << name;
  }
}

// The targets of the page's relative links, without anchors, from the root.
std::vector<fs::path> links_of(const fs::path& path) {
  static const std::regex link(R"(\]\(([^)#:]+)(#[^)]*)?\))");
  const std::string text = page(path.native());
  std::vector<fs::path> targets;
  for (std::sregex_iterator match(text.begin(), text.end(), link), end; match != end; ++match) {
    targets.push_back((path.parent_path() / (*match)[1].str()).lexically_normal());
  }
  return targets;
}

std::vector<fs::path> all_pages() {
  std::vector<fs::path> pages{"README.md", "CONTRIBUTING.md", "recipes/README.md"};
  for (const auto& file : fs::recursive_directory_iterator(source_root() / "docs")) {
    if (file.path().extension() == ".md") pages.push_back(fs::relative(file.path(), source_root()));
  }
  return pages;
}

TEST(Docs, LinkToFilesThatExist) {
  for (const fs::path& path : all_pages()) {
    for (const fs::path& target : links_of(path)) {
      EXPECT_TRUE(fs::exists(source_root() / target)) << path << " links to " << target << ", which does not exist";
    }
  }
}

TEST(Docs, AreAllLinkedFromTheirIndex) {
  const std::vector<fs::path> links = links_of("docs/README.md");
  const std::set<fs::path> linked(links.begin(), links.end());
  for (const fs::path& path : all_pages()) {
    if (path == "docs/README.md" || path == "README.md") continue;
    EXPECT_TRUE(linked.contains(path)) << "docs/README.md does not link to " << path;
  }
}

}  // namespace
}  // namespace massface
