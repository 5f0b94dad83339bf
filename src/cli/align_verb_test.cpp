#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "cli/testing_program.h"
#include "cli/testing_verb.h"
#include "cli/verbs.h"
#include "core/error.h"
#include "core/files.h"
#include "image/decode.h"

namespace massface {
namespace {

using Json = nlohmann::json;

class AlignVerb : public TestingFolder {
 protected:
  // Synthetic faces, each treated as a photograph with landmarks, and a file that is not a photograph.
  void SetUp() override {
    const auto made = run_massface("synth " + path("faces") +
                                   " --identities 2 --images-per-identity 3 --test-identities 20 "
                                   "--test-images-per-identity 2 --pairs-per-fold 1 --seed 5");
    ASSERT_EQ(made.exit_code, 0) << made.standard_error;
    std::string csv =
        "file,left_eye_x,left_eye_y,right_eye_x,right_eye_y,nose_x,nose_y,mouth_left_x,mouth_left_y,mouth_right_x,"
        "mouth_right_y\n";
    for (const auto& entry : std::filesystem::recursive_directory_iterator(path("faces/train"))) {
      if (!entry.is_regular_file()) continue;
      csv += entry.path().lexically_relative(path("faces/train")).native() + ",38,52,74,52,56,72,42,92,71,92\n";
    }
    write("points.csv", csv);
    write("faces/train/note.txt", "not a photograph");
  }
  std::string align(const std::string& more) {
    std::vector<std::string> words{"align",       path("faces/train"), path("out"),
                                   "--landmarks", path("points.csv"),  "--json"};
    std::istringstream rest(more);
    for (std::string word; rest >> word;) words.push_back(word);
    return verb_output(add_align_verb, words);
  }
};

TEST_F(AlignVerb, PrintsWhatBecameOfThePhotographs) {
  const Json json = Json::parse(align("--contact-sheet " + path("sheet.png")));
  EXPECT_EQ(json["photographs"], 7);
  EXPECT_EQ(json["aligned"], 6);
  EXPECT_EQ(json["crops"], 6);
  EXPECT_EQ(json["no_landmarks"], 1);
  for (const char* none : {"no_face", "too_small", "truncated", "too_large", "bad_images"})
    EXPECT_EQ(json[none], 0) << none;
  EXPECT_GT(json["images_per_second"], 0.0);
  EXPECT_TRUE(std::filesystem::exists(path("sheet.png")));
  EXPECT_EQ(Json::parse(align("--contact-sheet-of before_after --contact-sheet " + path("pairs.jpg")))["done_before"],
            7);
  const auto sheet = read_file(path("pairs.jpg"));
  EXPECT_EQ(read_image_header(sheet).format, ImageFormat::kJpeg);
  EXPECT_EQ(read_image_header(sheet).width, 6 * 232 + 8);
}

TEST_F(AlignVerb, RefusesWhatCannotBe) {
  const auto refusal = [](std::vector<std::string> words) {
    return message_of<Error>([&] { verb_output(add_align_verb, words); });
  };
  EXPECT_NE(refusal({"align"}).find("massface align SRC DST"), std::string::npos);
  EXPECT_NE(refusal({"align", "/nowhere", path("out"), "--landmarks", path("points.csv")}).find("/nowhere"),
            std::string::npos);
  EXPECT_NE(refusal({"align", path("faces/train"), path("out"), "--detector", "/nowhere"}).find("/nowhere"),
            std::string::npos);
  EXPECT_NE(refusal({"align", path("faces/train"), path("out"), "--detector", "x", "--landmarks", "y"})
                .find("give one of them"),
            std::string::npos);
}

}  // namespace
}  // namespace massface
