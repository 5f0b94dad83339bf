#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cli/testing_runs.h"

namespace massface {
namespace {

namespace fs = std::filesystem;

constexpr const char* kRecipeOfHostileStarts = R"(
[[phase]]
name = "softmax"
steps = 4
batch.size = 6
)";

// Programs are started in ways that nobody chose: with closed files, with limits, in folders of odd names.
class HostileStart : public SmallRuns {
 protected:
  static void SetUpTestSuite() {
    SmallRuns::SetUpTestSuite();
    write_recipe("small", kRecipeOfHostileStarts);
  }
  // Runs a line of a shell in which $MF is the program and $R the recipe.
  static int in_shell(const std::string& line) {
    const std::string command = "MF=" + program_under_test().native() + " R=" + path("small.toml") + "; " + line;
    const int status = std::system(command.c_str());
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
};

TEST_F(HostileStart, WithClosedStandardFilesWritesNoMessageIntoOthers) {
  ASSERT_EQ(in_shell("$MF train $R --run " + path("closed") + " <&- >&- 2>&-"), 0);
  std::istringstream lines(bytes("closed", "metrics.jsonl"));
  int64_t count = 0;
  for (std::string line; std::getline(lines, line); ++count) EXPECT_TRUE(nlohmann::json::accept(line)) << line;
  EXPECT_GE(count, 4);
  EXPECT_EQ(bytes("closed", "lock"), "");
}

TEST_F(HostileStart, WithALimitOnFilesFailsAsOnAFullDisk) {
  EXPECT_EQ(in_shell("(ulimit -f 1000; $MF train $R --run " + path("limited") + " 2> " + path("limited.txt") + ")"), 1);
  const std::string said = read_all(path("limited.txt"));
  EXPECT_NE(said.find("File too large"), std::string::npos) << said;
}

TEST_F(HostileStart, WithAPathThatNoRecipeCanHoldIsRefusedBeforeTheFirstStep) {
  fs::copy(path("faces"), path("odd\xfc"), fs::copy_options::recursive);
  expect_refused(train("small", "odd-run", "dataset.path=" + path("odd\xfc/train")), "bytes that are not UTF-8");
  EXPECT_FALSE(fs::exists(path("odd-run")));
}

TEST_F(HostileStart, ThatWouldReplaceAnInputIsRefused) {
  const std::string faces = path("faces/train");
  const auto align = [&](const std::string& sheet) {
    return run_massface("align " + faces + " " + path("crops") + " --contact-sheet " + sheet);
  };
  expect_refused(align(faces + "/sheet.jpg"), "where only photographs and crops belong");
  expect_refused(align(path("crops") + "/manifest.png"), "where only photographs and crops belong");
  ASSERT_EQ(run_massface("pack " + path("faces/test") + " " + path("test.mfp")).exit_code, 0);
  ASSERT_EQ(train("small", "weights").exit_code, 0);
  expect_refused(run_massface("evaluate " + path("weights") + " --pairs " + path("faces/pairs.txt") + " --images " +
                              path("test.mfp") + " --roc " + path("test.mfp")),
                 "it is also an input, which would be lost");
}

}  // namespace
}  // namespace massface
