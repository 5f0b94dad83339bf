#include "recognition/read_faces.h"

#include <gtest/gtest.h>

#include "align/manifest.h"
#include "core/error.h"
#include "core/testing_folder.h"
#include "core/testing_text.h"
#include "evaluation/threshold_table.h"
#include "image/encode.h"
#include "recognition/decision_rule.h"
#include "recognition/list_images.h"
#include "tensor_file/safetensors.h"

namespace massface {
namespace {

// A detector that finds one face per hundred pixels of width, each two pixels to the right of the one before.
class FaceInEachHundred : public FaceDetector {
 public:
  std::vector<Face> detect(const Image& photograph) const override {
    std::vector<Face> faces;
    for (int64_t i = 0; i < photograph.width / 100; ++i) {
      const auto left = static_cast<float>(2 * i);
      Face face{.box = {left, 5, left + 30, 35}, .score = 0.9f};
      face.landmarks = {{{left + 8., 12.}, {left + 22., 12.}, {left + 15., 20.}, {left + 9., 28.}, {left + 21., 28.}}};
      faces.push_back(face);
    }
    return faces;
  }
};

struct FaceReading : TestingFolder {
  std::filesystem::path picture(const std::string& name, int64_t height, int64_t width) {
    Image image{height, width, std::vector<uint8_t>(static_cast<size_t>(height * width * 3), 90)};
    const auto png = encode_png(image);
    return write(name, std::string(png.begin(), png.end()));
  }
};

TEST_F(FaceReading, FindsTheFacesOfEachPhotographInOrder) {
  const std::vector<std::filesystem::path> files{picture("two.png", 50, 200), write("text.png", "no picture"),
                                                 picture("none.png", 50, 60), path("missing.png"),
                                                 picture("three.png", 60, 300)};
  const FaceInEachHundred detector;
  for (const int64_t threads : {1, 3}) {
    FaceReader reader({.height = 32, .width = 48}, &detector, {.alignment = {.faces = "all"}, .threads = threads});
    const auto images = reader.read(files);
    ASSERT_EQ(images.size(), 5u);
    EXPECT_EQ(images[0].faces.size(), 2u);
    EXPECT_EQ(images[0].faces[0].crop.height, 32);
    EXPECT_EQ(images[0].faces[0].crop.width, 48);
    EXPECT_EQ(images[1].decision, decision::kBadImage);
    EXPECT_NE(images[1].reason.find("not a JPEG"), std::string::npos);
    EXPECT_EQ(images[2].decision, decision::kNoFace);
    EXPECT_EQ(images[2].reason, "");
    EXPECT_NE(images[3].reason, "");
    EXPECT_EQ(images[4].faces.size(), 3u);
  }
}

TEST_F(FaceReading, TakesCropsAsTheyAre) {
  const std::vector<std::filesystem::path> files{picture("crop.png", 32, 48), write("text.png", "no picture")};
  FaceReader reader({.height = 32, .width = 48}, nullptr, {.aligned = true});
  const auto images = reader.read(files);
  ASSERT_EQ(images[0].faces.size(), 1u);
  EXPECT_EQ(images[0].faces[0].crop.pixels.size(), 32u * 48 * 3);
  EXPECT_EQ(images[0].faces[0].crop.pixels[7], 90);
  EXPECT_EQ(images[1].decision, decision::kBadImage);
  const auto of_another_size = reader.read({picture("large.png", 64, 64), files[0]});
  EXPECT_EQ(of_another_size[0].decision, decision::kBadImage);
  EXPECT_NE(of_another_size[0].reason.find("64 x 64 pixels"), std::string::npos) << of_another_size[0].reason;
  EXPECT_EQ(of_another_size[1].faces.size(), 1u) << "one bad image ends nothing";
}

TEST_F(FaceReading, ListsFilesAndFoldersOnce) {
  write("photos/b.jpg", "x");
  write("photos/deep/a.jpg", "xy");
  write("photos/out.npy.unfinished/rows.f32", "");
  write("c.jpg", "");
  const auto images =
      list_images({path("c.jpg"), path("photos") + "/", path("./c.jpg")}, path("photos/out.npy.unfinished"));
  ASSERT_EQ(images.size(), 3u);
  EXPECT_EQ(images[0].name, path("c.jpg"));
  EXPECT_EQ(images[1].name, path("photos/b.jpg"));
  EXPECT_EQ(images[2].name, path("photos/deep/a.jpg"));
  EXPECT_EQ(images[2].bytes, 2);
  EXPECT_EQ(images[0].group, "");
  EXPECT_EQ(images[1].group, "");
  EXPECT_EQ(images[2].group, "deep");
  EXPECT_NE(message_of<Error>([&] { list_images({path("none")}, {}); }).find("no such file"), std::string::npos);
  std::filesystem::create_directory(path("empty"));
  EXPECT_NE(message_of<Error>([&] { list_images({path("empty")}, {}); }).find("contains no files"), std::string::npos);
}

// 1,000 mismatched comparisons at 1.001, 1.002, ... 2: ten of them lie below 1.011.
TEST_F(FaceReading, DecidesByTheTableOfTheWeights) {
  const std::string weights = path("w.safetensors");
  write_safetensors(weights, {});
  EXPECT_NE(decide_by(weights, Flip::kSum, {}).why_not.find("carries no table"), std::string::npos);
  EXPECT_FALSE(decide_by(weights, Flip::kSum, {}).rule.has_value());
  EXPECT_EQ(flip_of_table(weights), Flip::kSum);
  EXPECT_NE(message_of<Error>([&] { decide_by(weights, Flip::kSum, {.fmr = 1e-2}); }).find("carries no table"),
            std::string::npos);
  EXPECT_EQ(decide_by(weights, Flip::kNone, {.threshold = 0.4}).rule->threshold_cosine, 0.4);

  ScoreHistogram scores;
  for (int i = 1; i <= 1000; ++i) scores.add(1 + static_cast<float>(i) * 1e-3f, false);
  scores.add(0.5f, true);
  ThresholdTable table = make_threshold_table(scores);
  table.set = "people";
  table.flip = "none";
  write_threshold_table(weights, table);
  EXPECT_EQ(flip_of_table(weights), Flip::kNone);
  const auto at_1e_2 = decide_by(weights, Flip::kNone, {.fmr = 1e-2}).rule;
  EXPECT_NEAR(at_1e_2->threshold_cosine, 1 - 1.011 / 2, 1e-5);
  EXPECT_EQ(at_1e_2->origin, "an FMR of 1e-02 on people (1 matched, 1000 mismatched comparisons)");
  // The default is 1e-3, for which these are too few.
  EXPECT_NE(decide_by(weights, Flip::kNone, {}).why_not.find("does not reach an FMR of 1e-03"), std::string::npos);
  EXPECT_NE(message_of<Error>([&] { decide_by(weights, Flip::kNone, {.fmr = 1e-3}); }).find("too few"),
            std::string::npos);
  EXPECT_NE(
      message_of<Error>([&] { decide_by(weights, Flip::kNone, {.fmr = 1e-2, .threshold = 0.3}); }).find("both decide"),
      std::string::npos);
  EXPECT_NE(message_of<Error>([&] { decide_by(weights, Flip::kSum, {.fmr = 1e-2}); }).find("is for --flip none"),
            std::string::npos);
}

// The table of 10,000 mismatched comparisons has thresholds for 1e-1, 1e-2 and 1e-3. Among 5 faces, 1e-2 lets 4.9 % of
// strangers pass and 1e-3 0.5 %; among 1,000 faces even 1e-3 lets 63 % pass.
TEST_F(FaceReading, IdentifiesMoreStrictlyInALargerGallery) {
  const std::string weights = path("w.safetensors");
  write_safetensors(weights, {});
  ScoreHistogram scores;
  for (int i = 1; i <= 10000; ++i) scores.add(1 + static_cast<float>(i) * 1e-4f, false);
  scores.add(0.5f, true);
  ThresholdTable table = make_threshold_table(scores);
  table.set = "people";
  table.flip = "none";
  EXPECT_NE(message_of<Error>([&] { identification_rule(weights, Flip::kNone, {}, 5); }).find("nobody can be named"),
            std::string::npos);
  write_threshold_table(weights, table);
  const auto loose = identification_rule(weights, Flip::kNone, {.fpir = 0.1}, 5);
  EXPECT_NEAR(loose.decision.threshold_cosine, 1 - 1.0101 / 2, 1e-4);
  EXPECT_NEAR(*loose.expected_fpir, 0.049, 1e-3);
  const auto strict = identification_rule(weights, Flip::kNone, {.fpir = 0.01}, 5);
  EXPECT_NEAR(strict.decision.threshold_cosine, 1 - 1.0011 / 2, 1e-4);
  EXPECT_NEAR(*strict.expected_fpir, 0.005, 1e-4);
  testing::internal::CaptureStderr();
  EXPECT_NEAR(*identification_rule(weights, Flip::kNone, {.fpir = 0.01}, 1000).expected_fpir, 0.632, 1e-3);
  EXPECT_NE(testing::internal::GetCapturedStderr().find("63.2 % of strangers would get a name"), std::string::npos);
  EXPECT_NE(message_of<Error>([&] { identification_rule(weights, Flip::kSum, {}, 5); }).find("is for --flip none"),
            std::string::npos);
  EXPECT_EQ(identification_rule(weights, Flip::kSum, {.threshold = 0.3}, 9).decision.threshold_cosine, 0.3);
}

}  // namespace
}  // namespace massface
