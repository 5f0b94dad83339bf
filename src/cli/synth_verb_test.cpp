#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <utility>
#include <vector>

#include "cli/flags.h"
#include "cli/testing_program.h"
#include "cli/testing_verb.h"
#include "cli/verbs.h"
#include "core/error.h"
#include "core/files.h"
#include "core/testing_folder.h"
#include "image/decode.h"

namespace massface {
namespace {

namespace fs = std::filesystem;

// Returns what the verb prints to standard output.
std::string run_synth(const std::string& arguments) {
  std::vector<std::string> words{"synth"};
  std::istringstream stream(arguments);
  for (std::string word; stream >> word;) words.push_back(word);
  return verb_output(add_synth_verb, std::move(words));
}

std::string error_of(const std::string& arguments) {
  return message_of<Error>([&] { run_synth(arguments); });
}

struct SynthVerb : testing::Test {
  SynthVerb() : folder(fs::path(testing::TempDir()) / ("massface_synth_verb_" + std::to_string(::getpid()))) {}
  ~SynthVerb() override { fs::remove_all(folder); }
  const fs::path folder;
  const std::string few =
      " --images-per-identity 2 --test-identities 20 --test-images-per-identity 2 --pairs-per-fold 1";
};

TEST_F(SynthVerb, PrintsOneJsonObject) {
  const auto printed = nlohmann::json::parse(run_synth(folder.native() + " --identities 2 --json" + few));
  EXPECT_EQ(printed.at("train_directory"), (folder / "train").native());
  EXPECT_EQ(printed.at("test_directory"), (folder / "test").native());
  EXPECT_EQ(printed.at("pairs_file"), (folder / "pairs.txt").native());
  EXPECT_EQ(printed.at("identities"), 2);
  EXPECT_EQ(printed.at("test_identities"), 20);
  EXPECT_EQ(printed.at("images"), 44);
  EXPECT_EQ(printed.at("pairs"), 20);
  EXPECT_GT(printed.at("seconds"), 0.0);
  EXPECT_TRUE(fs::exists(folder / "train" / "train000001" / "train000001_0002.jpg"));
  EXPECT_TRUE(fs::exists(folder / "pairs.txt"));
}

TEST_F(SynthVerb, DrawsAPageOfFaces) {
  const std::string page = folder.native() + ".page.JPG";
  const auto printed =
      nlohmann::json::parse(run_synth(folder.native() + " --identities 2 --json" + few + " --contact-sheet " + page));
  EXPECT_EQ(printed.at("contact_sheet"), page);
  const Image sheet = ImageDecoder().decode(read_file(page));
  EXPECT_EQ(sheet.width, 4 * (112 + 4) + 4) << "two images of each of two people";
  fs::remove(page);
  EXPECT_NE(
      error_of((folder / "other").native() + few + " --contact-sheet page.gif").find("a .jpg, .jpeg or .png file"),
      std::string::npos);
  EXPECT_FALSE(fs::exists(folder / "other")) << "refused before it is drawn";
}

TEST_F(SynthVerb, TakesTheFolderByFlagToo) {
  const std::string printed = run_synth("--out " + folder.native() + " --identities 1" + few);
  EXPECT_NE(printed.find("21 people, 42 images"), std::string::npos) << printed;
  EXPECT_TRUE(fs::exists(folder / "train" / "train000000" / "train000000_0001.jpg"));
}

TEST_F(SynthVerb, DrawsPhotographsThatAlignTakes) {
  const std::string scenes = (folder / "scenes").native(), crops = (folder / "crops").native();
  const auto printed =
      nlohmann::json::parse(run_synth(scenes + " --photographs --bystanders 0 --identities 2 --json" + few));
  EXPECT_EQ(printed.at("landmarks_file"), scenes + "/landmarks.csv");
  EXPECT_EQ(printed.at("images"), 44);
  const auto aligned =
      run_massface("align " + scenes + "/train " + crops + " --landmarks " + scenes + "/landmarks.csv --json");
  ASSERT_EQ(aligned.exit_code, 0) << aligned.standard_error;
  EXPECT_EQ(nlohmann::json::parse(aligned.standard_output).at("aligned"), 4);
  EXPECT_TRUE(fs::exists(folder / "crops" / "train000001" / "train000001_0002.jpg"));
  EXPECT_NE(error_of((folder / "x").native() + " --bystanders 0.5" + few).find("Add --photographs"), std::string::npos);
  EXPECT_NE(error_of((folder / "x").native() + " --photographs --bystanders 2" + few).find("0 to 1"),
            std::string::npos);
}

TEST_F(SynthVerb, RefusesNoFolderTwoFoldersAndAFolderInUse) {
  EXPECT_NE(error_of("--identities 1").find("massface synth DIR"), std::string::npos);
  EXPECT_NE(error_of("one --out two").find("two folders, one and --out two"), std::string::npos);
  run_synth(folder.native() + " --identities 1" + few);
  EXPECT_NE(error_of(folder.native() + " --identities 1" + few).find("is not empty"), std::string::npos);
  EXPECT_NE(error_of(folder.native() + " --identities 0").find("identities must be"), std::string::npos);
}

// MASSFACE_FAILPOINT raises the signal within the process, so that it arrives at a known image.
TEST_F(SynthVerb, StopsAtASignalAndRemovesWhatWasDrawn) {
  for (const std::string signal : {"interrupt", "terminate"}) {
    const auto stopped = run_massface("synth " + (folder / "faces").native() + " --identities 20" + few,
                                      "MASSFACE_FAILPOINT=synth.image:" + signal + ":5");
    EXPECT_EQ(stopped.exit_code, 1) << stopped.standard_error;
    EXPECT_NE(stopped.standard_error.find("stopped by a signal after "), std::string::npos) << stopped.standard_error;
    EXPECT_TRUE(fs::is_empty(folder));
  }
}

TEST_F(SynthVerb, RefusesAPlaceThatIsNoFolder) {
  std::ofstream(folder.native()) << "a file";
  const auto refused = run_massface("synth " + (folder / "faces").native() + few);
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_NE(refused.standard_error.find("Not a directory"), std::string::npos) << refused.standard_error;
}

}  // namespace
}  // namespace massface
