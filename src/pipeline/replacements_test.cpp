#include "pipeline/replacements.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "sampling/testing_dataset.h"

namespace massface {
namespace {

std::vector<ImageIndex> all(const Dataset& dataset, uint64_t seed, ImageIndex unreadable) {
  Replacements replacements(dataset, seed, unreadable);
  std::vector<ImageIndex> images;
  while (const auto image = replacements.next()) images.push_back(*image);
  return images;
}

TEST(Replacements, TryTheIdentityAndThenTheRestEachImageOnce) {
  const TestingDataset dataset({3, 5, 2});
  auto images = all(dataset, 1, 4);
  ASSERT_EQ(images.size(), 9u);
  std::sort(images.begin(), images.begin() + 4);
  std::sort(images.begin() + 4, images.end());
  EXPECT_EQ(images, (std::vector<ImageIndex>{3, 5, 6, 7, 0, 1, 2, 8, 9}));
}

TEST(Replacements, AreAFunctionOfSeedAndImage) {
  const TestingDataset dataset({40});
  EXPECT_EQ(all(dataset, 1, 4), all(dataset, 1, 4));
  EXPECT_NE(all(dataset, 1, 4), all(dataset, 2, 4));
  auto for_4 = all(dataset, 1, 4), for_5 = all(dataset, 1, 5);
  std::erase(for_4, 5);
  std::erase(for_5, 4);
  EXPECT_NE(for_4, for_5);
}

TEST(Replacements, ChooseAmongTheWholeIdentityAndTheWholeSet) {
  std::set<ImageIndex> first_of_identity, first_of_rest;
  for (uint64_t seed = 0; seed < 200; ++seed) {
    first_of_identity.insert(all(TestingDataset({6}), seed, 2).front());
    first_of_rest.insert(all(TestingDataset({1, 3, 3}), seed, 0).front());
  }
  EXPECT_EQ(first_of_identity, (std::set<ImageIndex>{0, 1, 3, 4, 5}));
  EXPECT_EQ(first_of_rest, (std::set<ImageIndex>{1, 2, 3, 4, 5, 6}));
}

TEST(Replacements, EndWhereThereIsOnlyOneImage) { EXPECT_TRUE(all(TestingDataset({1}), 1, 0).empty()); }

}  // namespace
}  // namespace massface
