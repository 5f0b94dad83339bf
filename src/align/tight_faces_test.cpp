#include <fmt/core.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>

#include "align/align_photograph.h"
#include "align/detector_weights.h"
#include "align/landmark_file.h"
#include "align/mtcnn.h"
#include "core/files.h"
#include "core/random.h"
#include "core/testing_places.h"
#include "image/decode.h"
#include "image/resize.h"

namespace massface {
namespace {

namespace fs = std::filesystem;

struct KnownFace {
  Image photograph;
  FivePoints landmarks;
};

// A part of a photograph, enlarged.
struct TightCrop {
  Image image;
  PixelBox box;  // in pixels of the photograph
  double enlarged;
};

// Cuts out the box around the landmarks with its sides times `factor`, shifted by up to 0.15 of them in each direction
// and cut off at the photograph's edge, and enlarges it twice.
TightCrop tight_crop(const KnownFace& known, double factor, uint64_t number) {
  Random random(1, RandomStream::kAugment, number);
  const auto shift = [&random] { return (random.next_u32() / 4294967296.0 - 0.5) * 0.3; };
  const auto [left, right] = std::ranges::minmax_element(known.landmarks, {}, &Point::x);
  const auto [top, bottom] = std::ranges::minmax_element(known.landmarks, {}, &Point::y);
  const double width = (right->x - left->x) * factor, height = (bottom->y - top->y) * factor;
  const double x = (left->x + right->x) / 2 + shift() * width, y = (top->y + bottom->y) / 2 + shift() * height;
  const auto edge = [](double position, int64_t size) {
    return std::clamp(static_cast<int64_t>(std::lround(position)), int64_t{0}, size);
  };
  const Image& whole = known.photograph;
  TightCrop crop{.box = {edge(x - width / 2, whole.width - 1), edge(y - height / 2, whole.height - 1),
                         edge(x + width / 2, whole.width), edge(y + height / 2, whole.height)},
                 .enlarged = 2};
  Image cut{.height = crop.box.height(), .width = crop.box.width()};
  for (int64_t row = crop.box.top; row < crop.box.bottom; ++row) {
    const auto first = whole.pixels.begin() + 3 * (row * whole.width + crop.box.left);
    cut.pixels.insert(cut.pixels.end(), first, first + 3 * cut.width);
  }
  crop.image = resize(cut, cut.height * 2, cut.width * 2);
  return crop;
}

class TightFaces : public testing::Test {
 protected:
  // Every 40th photograph, or every n-th if MASSFACE_EVERY is n.
  void SetUp() override {
    const fs::path weights = source_root() / ".deps/mtcnn", photographs = testing_data() / "lfw-raw-folds1to5",
                   landmarks = testing_data() / "lfw_landmarks.csv";
    if (!fs::exists(weights / "onet.pt")) GTEST_SKIP() << "no weights in " << weights << "; ./run setup fetches them";
    if (!fs::exists(landmarks)) GTEST_SKIP() << "no " << landmarks << " (set MASSFACE_DATA)";
    detector_ = std::make_unique<Mtcnn>(read_detector_weights(weights), MtcnnOptions());
    const char* every = std::getenv("MASSFACE_EVERY");
    const int step = every == nullptr ? 40 : std::max(1, std::atoi(every));
    int number = 0;
    for (const auto& [file, points] : read_landmark_file(landmarks)) {
      if (number++ % step == 0) faces_.push_back({ImageDecoder().decode(read_file(photographs / file)), points});
    }
  }

  // Appends the distances of the central face's five landmarks to the known ones, in pixels of the photograph.
  void look(const TightCrop& crop, const FivePoints& known) {
    const auto faces = detector_->detect(crop.image);
    const auto chosen = choose_faces(faces, "central", crop.image.height, crop.image.width);
    missing_ += chosen.empty() ? 1 : 0;
    for (size_t i = 0; i < known.size() && !chosen.empty(); ++i) {
      const Point& found = faces[chosen[0]].landmarks[i];
      const double x = (found.x + 0.5) / crop.enlarged - 0.5 + static_cast<double>(crop.box.left);
      const double y = (found.y + 0.5) / crop.enlarged - 0.5 + static_cast<double>(crop.box.top);
      distances_.push_back(std::hypot(x - known[i].x, y - known[i].y));
    }
  }

  void look_at_crops(std::initializer_list<double> factors) {
    for (const double factor : factors) {
      for (size_t i = 0; i < faces_.size(); ++i) look(tight_crop(faces_[i], factor, i), faces_[i].landmarks);
    }
  }

  void expect_good_landmarks(const std::string& what) {
    std::ranges::sort(distances_);
    const auto quantile = [this](double part) {
      return distances_.at(static_cast<size_t>(part * static_cast<double>(distances_.size() - 1)));
    };
    fmt::print("{}: median {:.2f}, 99th percentile {:.2f} pixels, {} of {} without a face\n", what, quantile(0.5),
               quantile(0.99), missing_, missing_ + distances_.size() / 5);
    EXPECT_LE(quantile(0.5), 2.5);
    EXPECT_LE(quantile(0.99), 10);
  }

  std::unique_ptr<Mtcnn> detector_;
  std::vector<KnownFace> faces_;
  std::vector<double> distances_;
  size_t missing_ = 0;
};

TEST_F(TightFaces, HaveTheLandmarksOfTheWholePhotograph) {
  look_at_crops({1.2, 1.4, 1.6, 1.8, 2.0});
  expect_good_landmarks("box around the landmarks, times 1.2 to 2");
  EXPECT_LE(missing_, faces_.size() * 5 / 20) << "the tightest crops show little more than the eyes and the nose";
}

// About the box that a detector reports.
TEST_F(TightFaces, AreFoundInTheBoxOfADetector) {
  look_at_crops({2.0, 2.5, 3.0});
  expect_good_landmarks("box around the landmarks, times 2 to 3");
  EXPECT_EQ(missing_, 0u);
}

TEST_F(TightFaces, AreNotFoundAtTheExpenseOfWholePhotographs) {
  for (const KnownFace& known : faces_) {
    const Image& whole = known.photograph;
    look({.image = whole, .box = {0, 0, whole.width, whole.height}, .enlarged = 1}, known.landmarks);
  }
  expect_good_landmarks("whole photographs");
  EXPECT_EQ(missing_, 0u);
}

}  // namespace
}  // namespace massface
