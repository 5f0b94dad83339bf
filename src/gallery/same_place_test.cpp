#include "gallery/same_place.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "align/face_json.h"
#include "core/error.h"
#include "core/testing_text.h"

namespace massface {
namespace {

AlignedFace face_in(FaceBox box) { return {.face = {.box = box}}; }

std::string place_of(FaceBox box) { return face_json({.box = box}).dump(); }

TEST(FaceAt, IsTheFaceThatCoversMostOfTheSameArea) {
  const std::vector<AlignedFace> faces{face_in({100, 100, 200, 200}), face_in({0, 0, 50, 50}), face_in({5, 0, 55, 50})};
  EXPECT_EQ(face_at(place_of({4, 0, 54, 50}), faces), 2u);
  EXPECT_EQ(face_at(place_of({1, 0, 51, 50}), faces), 1u);
  // 75 of 125 columns in common are more than half, 60 of 140 are less.
  EXPECT_EQ(face_at(place_of({125, 100, 225, 200}), faces), 0u);
  EXPECT_EQ(face_at(place_of({140, 100, 240, 200}), faces), std::nullopt);
  EXPECT_EQ(face_at(place_of({0, 0, 50, 50}), {}), std::nullopt);
}

TEST(PlaceJson, IsWhatWasWritten) {
  const auto json = face_json({.box = {1, 2, 3, 4.25f}, .score = 0.5f});
  EXPECT_EQ(place_json(json.dump()), json);
  EXPECT_TRUE(is_crop(json.dump()));
  Face face{.box = {1, 2, 3, 4}};
  face.landmarks[2] = {5, 6};
  EXPECT_FALSE(is_crop(face_json(face).dump()));
}

TEST(FaceAt, RefusesWhatIsNoPlace) {
  for (const char* place : {"", "{}", "{\"box\": [1, 2]}", "{\"box\": \"left\"}",
                            R"({"box": [1, 2, 3, 4], "landmarks": [[1, 2]], "score": 1})"}) {
    EXPECT_NE(message_of<Error>([&] { face_at(place, {}); }).find("not the place of a face"), std::string::npos)
        << place;
  }
}

}  // namespace
}  // namespace massface
