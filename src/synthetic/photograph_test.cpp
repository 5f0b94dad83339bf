#include "synthetic/photograph.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <thread>

#include "align/five_points.h"
#include "core/hash.h"
#include "image/decode.h"
#include "image/orientation.h"
#include "image/warp.h"
#include "synthetic/faces.h"

namespace massface {
namespace {

FivePoints exact(const std::array<Point2f, 5>& points) {
  FivePoints result;
  std::ranges::transform(points, result.begin(), [](Point2f p) { return Point{p.x, p.y}; });
  return result;
}

// Returns the mean difference between the values, 0 to 255, of two aligned faces within the oval from brows to chin.
double difference_of_faces(const Image& a, const Image& b) {
  double sum = 0, count = 0;
  for (int64_t y = 0; y < 112; ++y) {
    for (int64_t x = 0; x < 112; ++x) {
      const double u = static_cast<double>(x - 56) / 30, v = static_cast<double>(y - 72) / 34;
      if (u * u + v * v > 1) continue;
      const auto i = static_cast<size_t>(3 * (y * 112 + x));
      for (size_t c = 0; c < 3; ++c) sum += std::abs(a.pixels[i + c] - b.pixels[i + c]);
      count += 3;
    }
  }
  return sum / count;
}

// A photograph aligned by its own landmarks shows the same as the aligned face of the same numbers. Landmarks that are
// off by a twentieth of a face do not bring it back.
TEST(SyntheticPhotograph, ItsLandmarksBringTheAlignedFaceBack) {
  double right = 0, wrong = 0;
  for (int identity = 0; identity < 24; ++identity) {
    const SyntheticPhotograph photograph = take_synthetic_photograph(3, identity, 1, 0.5);
    const SyntheticFace face = photograph_synthetic_face(3, identity, 1);
    FivePoints aligned = exact(face.landmarks);
    const auto aligned_by = [&](const FivePoints& to) {
      return warp(photograph.image, estimate_similarity(exact(photograph.landmarks), to), 112, 112);
    };
    const double difference = difference_of_faces(aligned_by(aligned), face.image);
    EXPECT_LT(difference, 16) << identity;  // noise, blur and a bystander's shoulder
    right += difference / 24;
    for (Point& p : aligned) p = {p.x + 4, p.y + 3};
    wrong += difference_of_faces(aligned_by(aligned), face.image) / 24;
  }
  EXPECT_LT(right, 7);
  EXPECT_GT(wrong, 1.8 * right);
}

TEST(SyntheticPhotograph, VariesInSizeAspectOrientationAndPlace) {
  std::set<int> orientations;
  std::set<double> aspects;
  int64_t smallest = 1000, largest = 0, turned = 0;
  for (int identity = 0; identity < 60; ++identity) {
    const SyntheticPhotograph photograph = take_synthetic_photograph(1, identity, 0, 0);
    const Image& image = photograph.image;
    orientations.insert(photograph.orientation);
    turned += photograph.orientation == 1 ? 0 : 1;
    aspects.insert(std::round(10.0 * static_cast<double>(image.width) / static_cast<double>(image.height)));
    smallest = std::min({smallest, image.width, image.height});
    largest = std::max({largest, image.width, image.height});
    for (const Point2f& p : photograph.landmarks) {
      EXPECT_GT(p.x, 5);
      EXPECT_GT(p.y, 5);
      EXPECT_LT(p.x, static_cast<float>(image.width) - 5);
      EXPECT_LT(p.y, static_cast<float>(image.height) - 5);
    }
    const Point2f eyes = photograph.landmarks[1] - photograph.landmarks[0];
    EXPECT_GT(std::hypot(eyes.x, eyes.y), 12) << "a face that a detector can find";
    EXPECT_GT(eyes.x, 2 * std::abs(eyes.y)) << "tilted, not lying";
  }
  EXPECT_EQ(orientations, (std::set<int>{1, 3, 6, 8}));
  EXPECT_GT(turned, 4);
  EXPECT_LT(turned, 25);
  EXPECT_EQ(aspects.size(), 6u);
  EXPECT_GE(smallest, 200);
  EXPECT_LT(smallest, 300);
  EXPECT_GT(largest, 900);
  EXPECT_LE(largest, 1000);
}

TEST(SyntheticPhotograph, ItsFileIsStoredAsTheCameraWasHeld) {
  std::set<int> seen;
  for (int identity = 0; identity < 40; ++identity) {
    const SyntheticPhotograph photograph = take_synthetic_photograph(1, identity, 0, 0);
    if (!seen.insert(photograph.orientation).second) continue;
    const auto bytes = encode_synthetic_photograph(photograph);
    EXPECT_EQ(read_orientation(bytes), photograph.orientation);
    const Image shown = upright(ImageDecoder().decode(bytes), read_orientation(bytes));
    ASSERT_EQ(shown.height, photograph.image.height);
    ASSERT_EQ(shown.width, photograph.image.width);
    double sum = 0;
    for (size_t i = 0; i < shown.pixels.size(); ++i) sum += std::abs(shown.pixels[i] - photograph.image.pixels[i]);
    EXPECT_LT(sum / static_cast<double>(shown.pixels.size()), 8) << "what JPEG loses";
  }
  EXPECT_EQ(seen.size(), 4u);
}

TEST(SyntheticPhotograph, BystandersStandBesideAndMoveNobody) {
  int with = 0;
  for (int identity = 0; identity < 20; ++identity) {
    const SyntheticPhotograph alone = take_synthetic_photograph(2, identity, 0, 0);
    const SyntheticPhotograph among = take_synthetic_photograph(2, identity, 0, 1);
    EXPECT_EQ(alone.bystanders, 0);
    with += among.bystanders > 0 ? 1 : 0;
    for (size_t i = 0; i < 5; ++i) {
      EXPECT_EQ(alone.landmarks[i].x, among.landmarks[i].x);
      EXPECT_EQ(alone.landmarks[i].y, among.landmarks[i].y);
    }
  }
  EXPECT_GT(with, 8);  // not all have space for one
}

// A change to the drawing changes this number, and with it every set drawn so far.
TEST(SyntheticPhotograph, TheBytesAreTheSameOnEveryMachineAndInEveryThread) {
  const auto hash = [] {
    uint64_t hash = 0;
    for (int64_t identity = 0; identity < 8; ++identity) {
      hash = hash64(encode_synthetic_photograph(take_synthetic_photograph(1, identity, 2, 0.5)), hash);
    }
    return hash;
  };
  EXPECT_EQ(hex(hash()), "8e2f6a72cea12f17");
  const auto bytes = [](uint64_t seed, int64_t identity, int64_t image) {
    return encode_synthetic_photograph(take_synthetic_photograph(seed, identity, image, 0.2));
  };
  std::vector<uint8_t> in_thread;
  std::thread([&] { in_thread = bytes(7, 3, 2); }).join();
  EXPECT_EQ(bytes(7, 3, 2), in_thread);
  EXPECT_NE(bytes(8, 3, 2), in_thread);
  EXPECT_NE(bytes(7, 4, 2), in_thread);
  EXPECT_NE(bytes(7, 3, 3), in_thread);
}

}  // namespace
}  // namespace massface
