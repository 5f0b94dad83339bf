#include "cli/command_line.h"

#include <c10/util/Exception.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <iterator>
#include <new>
#include <regex>

#include "cli/testing_program.h"
#include "cli/verbs.h"
#include "core/files.h"
#include "core/testing_places.h"

namespace massface {
namespace {

std::string verbs() {
  CLI::App program;
  for (const auto add_verb : kVerbs) add_verb(program);
  std::vector<std::string> names;
  for (const CLI::App* verb : program.get_subcommands({})) names.push_back(verb->get_name());
  return fmt::format("{}", fmt::join(names, ", "));
}

void expect_refused(const std::string& arguments, const std::string& message) {
  const ProgramResult result = run_massface(arguments);
  EXPECT_EQ(result.exit_code, 2) << arguments;
  EXPECT_EQ(result.standard_error, "error: " + message + "\n") << arguments;
  EXPECT_EQ(result.standard_output, "") << arguments;
}

TEST(CommandLine, NamesTheNearestVerbAlsoBesideHelp) {
  expect_refused("evalute --help", "massface has no verb evalute; did you mean evaluate?");
  expect_refused("--help trian", "massface has no verb trian; did you mean train?");
  expect_refused("bogus", "massface has no verb bogus; its verbs are " + verbs());
  expect_refused("benchmark setp --help", "massface benchmark has no verb setp; did you mean step?");
}

TEST(CommandLine, HasEveryVerbThatVerbsHDeclares) {
  const std::string header = read_text_file(source_root() / "src/cli/verbs.h");
  const std::regex declaration("void add_[a-z_]+_verb\\(CLI::App& program\\);");
  const std::sregex_iterator first(header.begin(), header.end(), declaration), end;
  EXPECT_EQ(std::distance(first, end), std::ssize(kVerbs)) << "a verb is declared in verbs.h, but not listed in kVerbs";
}

TEST(CommandLine, StillAnswersHelp) {
  for (const char* arguments : {"--help", "train --help", "benchmark --help", "benchmark step --help"}) {
    const ProgramResult result = run_massface(arguments);
    EXPECT_EQ(result.exit_code, 0) << arguments;
    EXPECT_NE(result.standard_output.find("Usage: massface"), std::string::npos) << arguments;
  }
}

TEST(CommandLine, SaysInPlainWordsWhatItRefuses) {
  expect_refused("", "massface needs a verb: " + verbs());
  expect_refused("benchmark",
                 "massface benchmark needs a verb: step, inference, decode, read, search, mining, gpu, scaling");
  expect_refused("train small.toml --run a --run b", "--run is given 2 times; give it once");
  expect_refused("synth faces --seed 1 --seed 2", "--seed is given 2 times; give it once");
  expect_refused("train small.toml --run", "--run needs a value");
  expect_refused("synth faces --identities", "--identities needs a value");
  expect_refused("evaluate runs/a --jsno", "massface evaluate has no --jsno; did you mean --json?");
  expect_refused("inspect faces more",
                 "unexpected argument 'more' to massface inspect; massface inspect --help shows its usage");
}

TEST(CommandLine, ReplacesTheHomeFolderWhereShellsDoNot) {
  const std::string home = std::getenv("HOME");
  const std::vector<std::string> words{"train",   "~/r.toml", "dataset.path=~/faces", "--run=~", "a~/b",
                                       "~user/x", "x=y~/z"};
  EXPECT_EQ(expand_home_in(words),
            (std::vector<std::string>{"train", home + "/r.toml", "dataset.path=" + home + "/faces", "--run=" + home,
                                      "a~/b", "~user/x", "x=y~/z"}));
}

TEST(CommandLine, LeavesOutTheStackFramesOfLibTorch) {
  try {
    TORCH_CHECK(false, "you tried to allocate 40 GB");
  } catch (const std::exception& error) {
    EXPECT_NE(std::string(error.what()).find("frame #0"), std::string::npos) << "LibTorch's messages have changed";
    EXPECT_EQ(message_of_failure(error), "you tried to allocate 40 GB");
  }
  EXPECT_EQ(message_of_failure(std::bad_alloc()), "not enough memory");
  EXPECT_EQ(message_of_failure(std::runtime_error("a full disk")), "a full disk");
}

}  // namespace
}  // namespace massface
