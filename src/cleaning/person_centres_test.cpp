#include "cleaning/person_centres.h"

#include <gtest/gtest.h>

#include <cmath>

#include "cleaning/testing_people.h"

namespace massface {
namespace {

// Rows in the plane, given by their angles in degrees.
LabelledEmbeddings at_angles(const std::vector<std::vector<double>>& people) {
  std::vector<int64_t> labels;
  std::vector<float> values;
  for (size_t person = 0; person < people.size(); ++person) {
    for (const double degrees : people[person]) {
      values.push_back(static_cast<float>(std::cos(degrees * M_PI / 180)));
      values.push_back(static_cast<float>(std::sin(degrees * M_PI / 180)));
      labels.push_back(static_cast<int64_t>(person));
    }
  }
  return LabelledEmbeddings(at::tensor(values).reshape({-1, 2}), labels, std::ssize(people));
}

TEST(PersonCentres, TheCoreIsTheHalfThatAgrees) {
  // 3 of 5 of one person, 2 of another; 2 of 3; all of two and of one.
  const auto core = core_members(at_angles({{0, 10, 20, 100, 110}, {90, 0, 80}, {5, 170}, {33}}));
  EXPECT_EQ(core, std::vector<bool>({true, true, true, false, false, true, false, true, true, true, true}));
}

TEST(PersonCentres, AnImageDoesNotCountForItsOwnCentre) {
  const LabelledEmbeddings set = at_angles({{0, 20, 90}, {45}, {0, 60}});
  const PersonCentres centres = centres_of_members(set, {true, true, false, true, true, true});
  const auto cosine_of = [](double degrees) { return static_cast<float>(std::cos(degrees * M_PI / 180)); };
  EXPECT_NEAR(centres.similarity[0], cosine_of(20), 1e-6);  // to the other one
  EXPECT_NEAR(centres.similarity[2], cosine_of(80), 1e-6);  // no member: to the mean of both
  EXPECT_TRUE(std::isnan(centres.similarity[3]));
  EXPECT_NEAR(centres.similarity[4], 0.5, 1e-6);
  EXPECT_NEAR(centres.centres[0][0].item<float>(), cosine_of(10), 1e-6);
  EXPECT_EQ(centres.members, std::vector<int64_t>({2, 1, 2}));
}

TEST(PersonCentres, APersonOfWhomNoTwoImagesAgreeHasNone) {
  const LabelledEmbeddings set = at_angles({{0, 90}, {0, 10, 170}, {77}});
  const PersonCentres cores = centres_of_members(set, core_members(set));
  const PersonCentres centres = centres_of_members(set, members_above(set, cores, 0.5));
  EXPECT_EQ(centres.members, std::vector<int64_t>({0, 2, 1}));
  EXPECT_FALSE(centres.has_centre(0));
  EXPECT_TRUE(std::isnan(centres.similarity[0]));
}

TEST(PersonCentres, APersonMayHaveNoImage) {
  const LabelledEmbeddings set(at_angles({{0, 1}}).embeddings(), {1, 1}, 3);
  const PersonCentres centres = centres_of_members(set, core_members(set));
  EXPECT_EQ(centres.members, std::vector<int64_t>({0, 2, 0}));
}

TEST(PersonCentres, HalvesOfAPersonAreComparedByTheirCentres) {
  // The members 0 and 20, 10 and 40; a person of three members has no halves.
  const LabelledEmbeddings set = at_angles({{0, 10, 90, 20, 40}, {0, 1, 2}});
  const auto similarities =
      half_similarities(set, centres_of_members(set, {true, true, false, true, true, true, true, true}));
  ASSERT_EQ(similarities.size(), 1u);
  EXPECT_NEAR(similarities[0], std::cos(15 * M_PI / 180), 1e-6);
}

TEST(PersonCentres, StrangersAreOtherPeople) {
  const LabelledEmbeddings set = at_angles({{0, 0}, {90}});
  const auto similarities = stranger_similarities(set, centres_of_members(set, {true, true, true}), 1);
  for (const float similarity : similarities) EXPECT_NEAR(similarity, 0, 1e-6);
}

}  // namespace
}  // namespace massface
