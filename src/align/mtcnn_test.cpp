#include "align/mtcnn.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <thread>

#include "align/detector_weights.h"
#include "align/testing_photographs.h"
#include "core/error.h"
#include "core/files.h"
#include "core/testing_folder.h"
#include "core/testing_places.h"
#include "image/decode.h"
#include "kernels/testing_targets.h"

namespace massface {
namespace {

namespace fs = std::filesystem;

class MtcnnTest : public testing::Test {
 protected:
  void SetUp() override {
    const fs::path weights = source_root() / ".deps/mtcnn";
    if (!fs::exists(weights / "onet.pt")) GTEST_SKIP() << "no weights in " << weights << "; ./run setup fetches them";
    detector_ = std::make_unique<Mtcnn>(read_detector_weights(weights), MtcnnOptions());
  }

  std::unique_ptr<Mtcnn> detector_;
};

TEST_F(MtcnnTest, FindsNothingInImagesWithoutFacesOfAnySize) {
  for (const auto& [height, width] : std::vector<std::pair<int64_t, int64_t>>{
           {1, 1}, {5, 300}, {19, 19}, {20, 20}, {21, 500}, {64, 48}, {333, 222}}) {
    EXPECT_TRUE(detector_->detect(smooth_photograph(height, width)).empty()) << height << " x " << width;
  }
}

// Expected: facenet-pytorch 2.6.0, MTCNN(keep_all=True).detect() of the same photograph.
TEST_F(MtcnnTest, FindsTheFacesThatFacenetPytorchFinds) {
  const fs::path file = testing_data() / "photos/multiface.jpg";
  if (!fs::exists(file)) GTEST_SKIP() << "no " << file << " (set MASSFACE_DATA)";
  const Image photograph = ImageDecoder().decode(read_file(file));
  const auto faces = detector_->detect(photograph);
  constexpr float kBoxes[6][4] = {{859.2f, 436.6f, 953.6f, 558.6f}, {554.1f, 45.5f, 632.8f, 158.1f},
                                  {420.1f, 133.0f, 502.7f, 240.2f}, {225.8f, 249.1f, 304.8f, 356.8f},
                                  {722.2f, 464.4f, 797.6f, 573.2f}, {622.2f, 197.5f, 694.8f, 296.8f}};
  constexpr double kNoses[6][2] = {{895.7, 516.8}, {599.1, 120.3}, {474.8, 202.5},
                                   {269.9, 316.1}, {762.6, 537.5}, {657.0, 260.7}};
  ASSERT_EQ(faces.size(), 6u);
  for (size_t i = 0; i < 6; ++i) {
    const auto same =
        std::ranges::find_if(faces, [&](const Face& face) { return std::abs(face.box.left - kBoxes[i][0]) < 20; });
    ASSERT_NE(same, faces.end()) << i;
    const FaceBox& box = same->box;
    EXPECT_NEAR(box.left, kBoxes[i][0], 0.03f * box.width()) << i;
    EXPECT_NEAR(box.top, kBoxes[i][1], 0.03f * box.height()) << i;
    EXPECT_NEAR(box.right, kBoxes[i][2], 0.03f * box.width()) << i;
    EXPECT_NEAR(box.bottom, kBoxes[i][3], 0.03f * box.height()) << i;
    EXPECT_NEAR(same->landmarks[2].x, kNoses[i][0], 2) << i;
    EXPECT_NEAR(same->landmarks[2].y, kNoses[i][1], 2) << i;
    EXPECT_GT(same->score, 0.9f);
  }
  // The same from several threads at once.
  std::vector<std::vector<Face>> found(3);
  std::vector<std::thread> threads;
  for (auto& list : found) threads.emplace_back([&] { list = detector_->detect(photograph); });
  for (std::thread& thread : threads) thread.join();
  for (const auto& list : found) {
    ASSERT_EQ(list.size(), faces.size());
    for (size_t i = 0; i < list.size(); ++i) EXPECT_NEAR(list[i].box.left, faces[i].box.left, 1e-2f);
  }
}

// What this detector finds, of which the boxes and noses are facenet-pytorch's. The tolerance of the test above would
// hide a detector that has become a little worse.
TEST_F(MtcnnTest, FindsTheSameBoxesAndLandmarksToATenthOfAPixel) {
  const fs::path file = testing_data() / "photos/multiface.jpg";
  if (!fs::exists(file)) GTEST_SKIP() << "no " << file << " (set MASSFACE_DATA)";
  struct Found {
    double box[4], landmarks[5][2];
  };
  constexpr Found kFound[6] = {
      {{420.14, 133.00, 502.67, 240.20},
       {{452.30, 175.17}, {489.36, 178.61}, {474.84, 202.48}, {451.82, 216.01}, {482.66, 217.38}}},
      {{554.09, 45.48, 632.84, 158.14},
       {{580.15, 89.96}, {616.48, 93.12}, {599.14, 120.33}, {576.31, 127.18}, {610.81, 129.38}}},
      {{859.19, 436.56, 953.56, 558.58},
       {{877.45, 486.20}, {918.97, 484.59}, {895.73, 516.81}, {884.36, 533.64}, {920.15, 530.22}}},
      {{225.80, 249.07, 304.81, 356.84},
       {{246.18, 294.35}, {282.59, 287.29}, {269.94, 316.07}, {253.62, 329.52}, {292.11, 321.98}}},
      {{622.18, 197.51, 694.83, 296.76},
       {{640.52, 237.34}, {676.89, 238.48}, {656.95, 260.67}, {639.54, 268.89}, {676.00, 270.34}}},
      {{722.15, 464.39, 797.57, 573.20},
       {{740.32, 510.55}, {778.56, 507.40}, {762.65, 537.48}, {745.25, 546.91}, {781.37, 542.41}}}};
  const Image photograph = ImageDecoder().decode(read_file(file));
  on_all_targets([&] {
    const auto faces = Mtcnn(read_detector_weights(source_root() / ".deps/mtcnn"), {}).detect(photograph);
    ASSERT_EQ(faces.size(), 6u);
    for (const auto& [box, landmarks] : kFound) {
      const auto same =
          std::ranges::find_if(faces, [&](const Face& face) { return std::abs(face.box.left - box[0]) < 20; });
      ASSERT_NE(same, faces.end()) << box[0];
      EXPECT_NEAR(same->box.left, box[0], 0.1);
      EXPECT_NEAR(same->box.top, box[1], 0.1) << box[0];
      EXPECT_NEAR(same->box.right, box[2], 0.1) << box[0];
      EXPECT_NEAR(same->box.bottom, box[3], 0.1) << box[0];
      for (size_t i = 0; i < 5; ++i) {
        EXPECT_NEAR(same->landmarks[i].x, landmarks[i][0], 0.1) << box[0] << ": " << i;
        EXPECT_NEAR(same->landmarks[i].y, landmarks[i][1], 0.1) << box[0] << ": " << i;
      }
    }
  });
}

TEST_F(MtcnnTest, NamesTheTensorThatIsMissingOrOfAnotherShape) {
  NamedTensors weights = read_detector_weights(source_root() / ".deps/mtcnn");
  NamedTensors without = weights;
  std::erase_if(without.tensors, [](const auto& named) { return named.first == "onet.conv3.bias"; });
  EXPECT_NE(message_of<Error>([&] { Mtcnn(without, {}); }).find("onet.conv3.bias"), std::string::npos);
  for (auto& [name, tensor] : weights.tensors) {
    if (name == "rnet.dense4.weight") tensor = tensor.slice(0, 0, 5);
  }
  EXPECT_NE(message_of<Error>([&] { Mtcnn(weights, {}); }).find("rnet.dense4.weight has the shape [5, 576]"),
            std::string::npos);
}

TEST(DetectorWeights, SayWhereTheyWereLookedFor) {
  EXPECT_NE(message_of<Error>([] { find_detector_weights("/nowhere/mtcnn.safetensors"); }).find("/nowhere"),
            std::string::npos);
}

}  // namespace
}  // namespace massface
