#include "synthetic/faces.h"

#include <gtest/gtest.h>

#include <cmath>
#include <thread>

#include "core/hash.h"
#include "synthetic/head.h"
#include "synthetic/identity.h"

namespace massface {
namespace {

double brightness(const Image& image, Point2f p) {
  double sum = 0;
  const auto cx = static_cast<int64_t>(std::lround(p.x));
  const auto cy = static_cast<int64_t>(std::lround(p.y));
  for (int64_t y = cy - 1; y <= cy + 1; ++y) {
    for (int64_t x = cx - 1; x <= cx + 1; ++x) {
      for (int64_t c = 0; c < 3; ++c) sum += image.pixels[static_cast<size_t>((y * kFaceSize + x) * 3 + c)];
    }
  }
  return sum / 27;
}

TEST(SyntheticFaces, TheSameNumbersDrawTheSameBytesInAnyThreadAndOrder) {
  const Image first = draw_synthetic_face(7, 3, 2);
  EXPECT_EQ(first.height, 112);
  EXPECT_EQ(first.width, 112);
  ASSERT_EQ(first.pixels.size(), 112u * 112 * 3);
  Image in_thread;
  std::thread([&] {
    draw_synthetic_face(7, 4, 0);
    in_thread = draw_synthetic_face(7, 3, 2);
  }).join();
  EXPECT_EQ(first.pixels, in_thread.pixels);
  EXPECT_EQ(encode_synthetic_face(7, 3, 2), encode_synthetic_face(7, 3, 2));
}

TEST(SyntheticFaces, EachNumberChangesThePhotograph) {
  const Image image = draw_synthetic_face(7, 3, 2);
  EXPECT_NE(image.pixels, draw_synthetic_face(8, 3, 2).pixels);
  EXPECT_NE(image.pixels, draw_synthetic_face(7, 4, 2).pixels);
  EXPECT_NE(image.pixels, draw_synthetic_face(7, 3, 3).pixels);
  EXPECT_NE(image.pixels, draw_synthetic_face(7, 3 + (int64_t{1} << 32), 2).pixels);
}

// Any two machines draw the same set. A change to the drawing changes this number, and with it every set drawn so far.
TEST(SyntheticFaces, ThePixelsAreTheSameOnEveryMachine) {
  uint64_t hash = 0;
  for (int64_t identity = 0; identity < 24; ++identity) {
    const SyntheticFace face = photograph_synthetic_face(1, identity, identity % 3);
    hash = hash64(face.image.pixels, hash + static_cast<uint64_t>(face.jpeg_quality));
  }
  EXPECT_EQ(hex(hash), "fe6ae16e476bc39e");
}

TEST(SyntheticFaces, LandmarksLieOnTheAlignmentTemplate) {
  constexpr std::array<Point2f, 5> kTemplate = {Point2f{38.2946f, 51.6963f}, Point2f{73.5318f, 51.5014f},
                                                Point2f{56.0252f, 71.7366f}, Point2f{41.5493f, 92.3655f},
                                                Point2f{70.7299f, 92.2041f}};
  constexpr int kFaces = 120;
  std::array<Point2f, 5> mean{};
  double distance = 0;
  for (int identity = 0; identity < kFaces; ++identity) {
    const auto landmarks = photograph_synthetic_face(5, identity, 0).landmarks;
    for (size_t i = 0; i < 5; ++i) {
      const Point2f off = landmarks[i] - kTemplate[i];
      mean[i] = mean[i] + 1.0f / kFaces * off;
      distance += std::hypot(off.x, off.y) / (5 * kFaces);
      EXPECT_LT(std::hypot(off.x, off.y), 14) << "landmark " << i << " of " << identity;
    }
  }
  for (size_t i = 0; i < 5; ++i) EXPECT_LT(std::hypot(mean[i].x, mean[i].y), 1.5) << "landmark " << i;
  // Not exactly at the template, either: people differ, heads turn, detectors err.
  EXPECT_LT(distance, 3.5);
  EXPECT_GT(distance, 0.8);
}

TEST(SyntheticFaces, EyesAreDarkWhereTheLandmarksSay) {
  int darker = 0;
  int eyes = 0;
  for (int identity = 0; identity < 60; ++identity) {
    const SyntheticFace face = photograph_synthetic_face(5, identity, 1);
    for (size_t i = 0; i < 2; ++i) {
      const Point2f eye = face.landmarks[i];
      ++eyes;
      darker += brightness(face.image, eye) < brightness(face.image, eye + Point2f{0, 14});
    }
  }
  EXPECT_GT(darker, eyes * 85 / 100);
}

TEST(SyntheticFaces, TheSideTowardsTheLightIsBrighter) {
  const SyntheticIdentity person = make_synthetic_identity(1, 0);
  Random random(1, RandomStream::kSyntheticImage);
  SyntheticScene scene = make_synthetic_scene(person, random);
  scene.pose = {.scale = 1};
  scene.light.color = scene.light.ambient_color = {1, 1, 1};
  for (float side : {-1.0f, 1.0f}) {
    scene.light.x = 0.8f * side;
    scene.light.y = 0;
    scene.light.z = 0.6f;
    const SyntheticHead head(person, scene);
    const float middle = head.landmarks()[2].x;
    const auto light = [&](float from_middle, float y) { return head.light_at({middle + from_middle * side, y}).g; };
    EXPECT_GT(light(25, 75), 1.3f * light(-25, 75)) << "cheeks";
    EXPECT_GT(light(5, 68), 1.2f * light(-5, 68)) << "the nose's flanks";
  }
}

TEST(SyntheticFaces, AnIdentityIsTheSameInEachOfItsImages) {
  const SyntheticIdentity a = make_synthetic_identity(1, 17);
  const SyntheticIdentity b = make_synthetic_identity(1, 17);
  const SyntheticIdentity other = make_synthetic_identity(1, 18);
  EXPECT_EQ(a.eyes.spacing, b.eyes.spacing);
  EXPECT_EQ(a.skin.tone.g, b.skin.tone.g);
  EXPECT_NE(a.eyes.spacing, other.eyes.spacing);
  EXPECT_NE(a.skull.jaw_width, other.skull.jaw_width);
}

// Looking at colours must not solve the set: the differences between photographs outweigh those between people.
TEST(SyntheticFaces, RawPixelsHardlyTellPeopleApart) {
  constexpr int kPeople = 60;
  std::vector<Image> first, second;
  for (int i = 0; i < kPeople; ++i) {
    first.push_back(draw_synthetic_face(9, i, 0));
    second.push_back(draw_synthetic_face(9, i, 1));
  }
  const auto distance = [](const Image& a, const Image& b) {
    double sum = 0;
    for (size_t i = 0; i < a.pixels.size(); ++i) sum += std::pow(a.pixels[i] - b.pixels[i], 2);
    return sum;
  };
  // The chance that a person's two images are closer than images of two people (the area under the ROC).
  int closer = 0;
  for (int i = 0; i < kPeople; ++i) {
    for (int j = 1; j <= 20; ++j) {
      closer += distance(first[i], second[i]) < distance(first[i], second[(i + j) % kPeople]);
    }
  }
  EXPECT_LT(closer, kPeople * 20 * 78 / 100);
  EXPECT_GT(closer, kPeople * 20 * 50 / 100);
}

}  // namespace
}  // namespace massface
