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
