#include "interface/massface.h"

#include <gtest/gtest.h>

#include <cmath>

#include "align/align_photograph.h"
#include "align/detector_weights.h"
#include "align/testing_photographs.h"
#include "core/error.h"
#include "core/files.h"
#include "core/testing_folder.h"
#include "core/testing_places.h"
#include "core/testing_text.h"
#include "evaluation/testing_faces.h"
#include "evaluation/threshold_table.h"
#include "gallery/gallery_file.h"
#include "image/encode.h"
#include "recognition/recognizer.h"
#include "synthetic/photograph.h"

namespace massface {
namespace {

namespace fs = std::filesystem;

std::string text_of(const std::vector<uint8_t>& bytes) { return {bytes.begin(), bytes.end()}; }

// Photographs of people who do not exist, and an untrained network.
struct Interface : TestingFolder {
  void SetUp() override {
    if (!fs::exists(detector / "onet.pt")) GTEST_SKIP() << "no weights in " << detector << "; ./run setup fetches them";
    save_model(weights, model);
  }

  std::string photograph(int64_t person, int64_t image) {
    return write("photos/" + std::to_string(person) + "_" + std::to_string(image) + ".jpg",
                 text_of(encode_synthetic_photograph(take_synthetic_photograph(3, person, image, 0))));
  }
  FaceNetwork network() const { return FaceNetwork(weights, {.device = "cpu", .detector = detector, .threads = 2}); }

  // A table whose rows of 1e-1 have these scores of 1,000 mismatched comparisons: 0.001, 0.002, ...
  void write_table() const {
    ScoreHistogram scores;
    for (int i = 1; i <= 1000; ++i) scores.add(static_cast<float>(i) * 1e-3f, false);
    scores.add(0.05f, true);
    ThresholdTable table = make_threshold_table(scores);
    table.set = "noise";
    table.flip = "sum";
    write_threshold_table(weights, table);
  }

  const fs::path detector = source_root() / ".deps/mtcnn";
  const Model model = tiny_model();
  const fs::path weights = path("w.safetensors");
};

TEST_F(Interface, EmbedsTheCropOfTheFaceThatWasFound) {
  const std::string file = photograph(1, 0);
  FaceNetwork network = this->network();
  const FaceEmbedding face = network.face(file);
  const auto landmarks = take_synthetic_photograph(3, 1, 0, 0).landmarks;
  for (const Point2f& point : landmarks) {
    EXPECT_TRUE(face.left < point.x && point.x < face.right && face.top < point.y && point.y < face.bottom)
        << point.x << ", " << point.y;
  }
  const Mtcnn mtcnn(read_detector_weights(detector), {});
  const auto aligned = PhotographAligner(&mtcnn, {.size = "32x32"}).align(read_file(file));
  ASSERT_EQ(aligned.faces.size(), 1u);
  const Tensor pixels = at::empty({1, kTinySize, kTinySize, 3}, at::kByte);
  std::ranges::copy(aligned.faces[0].crop.pixels, pixels.mutable_data_ptr<uint8_t>());
  const Tensor expected = Embedder(model).embed(pixels, Flip::kSum);
  ASSERT_EQ(face.values.size(), 16u);
  for (int64_t i = 0; i < 16; ++i) {
    EXPECT_NEAR(face.values[static_cast<size_t>(i)], expected[0][i].item<float>(), 1e-5f) << i;
  }
  EXPECT_GT(face.quality, 0);
  const auto all = network.faces(file);
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].values, face.values);
}

TEST_F(Interface, TellsTwoFacesByTheirCosine) {
  EXPECT_NEAR(cosine({.values = {0.6f, 0.8f}}, {.values = {1, 0}}), 0.6, 1e-7);
  EXPECT_NE(message_of<std::runtime_error>([] {
              cosine({.values = {1}}, {.values = {0, 1}});
            }).find("1 and 2 numbers"),
            std::string::npos);
}

TEST_F(Interface, SaysWhatIsWrongWithAPhotograph) {
  const std::string empty = write("empty.png", text_of(encode_png(smooth_photograph(120, 160))));
  const std::string text = write("text.jpg", "no picture");
  FaceNetwork network = this->network();
  EXPECT_TRUE(network.faces(empty).empty());
  EXPECT_NE(message_of<std::runtime_error>([&] { network.face(empty); }).find("empty.png: no face was found"),
            std::string::npos);
  EXPECT_NE(message_of<std::runtime_error>([&] { network.faces(text); }).find("text.jpg: not a JPEG"),
            std::string::npos);
  EXPECT_NE(message_of<std::runtime_error>([&] { network.face(path("none.jpg")); }).find("none.jpg"),
            std::string::npos);
}

TEST_F(Interface, TakesItsThresholdFromTheWeights) {
  EXPECT_EQ(network().threshold(), std::nullopt);
  write_table();
  // 100 of the 1,000 mismatched comparisons have a squared distance of at most 0.1, which is a cosine of 0.95.
  EXPECT_NEAR(network().threshold(1e-1).value(), 0.95, 2e-3);
  EXPECT_NE(message_of<std::runtime_error>([&] { (void)network().threshold(1e-6); }).find("too few"),
            std::string::npos);
}

struct InterfaceGallery : Interface {
  // A gallery of the persons 1 and 2, as `massface gallery add` makes it.
  std::string gallery_of(FaceNetwork& network) {
    const Recognizer recognizer({.model = weights, .device = "cpu", .detector = detector}, "largest");
    const std::string file = path("g.mfg");
    GalleryFile::create(file, {.weights = weights, .conditions = recognizer.conditions(), .dimensions = 16});
    GalleryFile gallery(file, GalleryFile::Mode::kWrite);
    for (const int64_t person : {1, 2}) {
      gallery.add({{.person = "person " + std::to_string(person),
                    .file = "f",
                    .place = "{}",
                    .embedding = network.face(photograph(person, 0)).values}});
    }
    return file;
  }
};

TEST_F(InterfaceGallery, NamesAFaceAboveTheThresholdAlone) {
  FaceNetwork network = this->network();
  const std::string file = gallery_of(network);
  const Gallery gallery(file, network, {.threshold_cosine = 0.999});
  EXPECT_EQ(gallery.num_people(), 2);
  EXPECT_EQ(gallery.threshold(), 0.999);
  const FaceEmbedding second = network.face(photograph(2, 0)), stranger = network.face(photograph(3, 0));
  EXPECT_EQ(gallery.search(second).name, "person 2");
  EXPECT_NEAR(gallery.search(second).cosine, 1, 1e-5);
  FaceEmbedding far = second;
  for (float& value : far.values) value = -value;
  EXPECT_EQ(gallery.search(far).name, "");
  EXPECT_NE(gallery.search(far).nearest, "");
  const GalleryMatch match = gallery.search(stranger);
  const double first = cosine(stranger, network.face(photograph(1, 0)));
  EXPECT_NEAR(match.cosine, std::max(first, cosine(stranger, second)), 1e-5);
}

TEST_F(InterfaceGallery, TakesItsThresholdFromTheTableAndTheNumberOfFaces) {
  FaceNetwork network = this->network();
  const std::string file = gallery_of(network);
  EXPECT_NE(message_of<std::runtime_error>([&] { Gallery(file, network); }).find("carries no table of thresholds"),
            std::string::npos);
  write_table();
  // Two faces and an FMR of 1e-1: a stranger gets a name with a probability of 1 - 0.9^2 = 0.19.
  EXPECT_NEAR(Gallery(file, network, {.fpir = 0.2}).threshold(), 0.95, 2e-3);
  EXPECT_GT(Gallery(file, network, {.fpir = 0.18}).threshold(), 0.99);
}

TEST_F(InterfaceGallery, IsRefusedForAnotherNetwork) {
  FaceNetwork network = this->network();
  const std::string file = gallery_of(network);
  const auto other = make_model({.name = "mobilefacenet", .embedding_size = 16}, {.height = 32, .width = 32}, 2);
  save_model(weights, other);
  const FaceNetwork changed = this->network();
  EXPECT_NE(
      message_of<std::runtime_error>([&] { Gallery(file, changed, {.threshold_cosine = 0}); }).find("holds embeddings"),
      std::string::npos);
  const Gallery gallery(file, network, {.threshold_cosine = 0});
  EXPECT_NE(message_of<std::runtime_error>([&] {
              (void)gallery.search({.values = {1, 0}});
            }).find("2 numbers"),
            std::string::npos);
}

}  // namespace
}  // namespace massface
