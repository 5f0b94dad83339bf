#include "align/box_suppression.h"

#include <gtest/gtest.h>

namespace massface {
namespace {

TEST(SuppressOverlaps, KeepsTheSurestOfThoseThatOverlap) {
  const std::vector<ScoredBox> boxes{
      {{0, 0, 10, 10}, 0.5f}, {{1, 0, 11, 10}, 0.9f}, {{20, 0, 30, 10}, 0.7f}, {{0, 6, 10, 16}, 0.8f}};
  EXPECT_EQ(suppress_overlaps(boxes, 0.5f, Overlap::kUnion), (std::vector<int64_t>{1, 3, 2}));
  EXPECT_EQ(suppress_overlaps(boxes, 0.1f, Overlap::kUnion), (std::vector<int64_t>{1, 2}));
  EXPECT_TRUE(suppress_overlaps({}, 0.5f, Overlap::kUnion).empty());
}

TEST(SuppressOverlaps, OfEqualScoresKeepsTheFirst) {
  const std::vector<ScoredBox> boxes(3, {{0, 0, 10, 10}, 0.5f});
  EXPECT_EQ(suppress_overlaps(boxes, 0.5f, Overlap::kUnion), (std::vector<int64_t>{0}));
}

TEST(SuppressOverlaps, BySmallerAreaFindsABoxWithinABox) {
  const std::vector<ScoredBox> boxes{{{0, 0, 100, 100}, 0.9f}, {{10, 10, 29, 29}, 0.8f}};
  EXPECT_EQ(suppress_overlaps(boxes, 0.7f, Overlap::kUnion).size(), 2u);
  EXPECT_EQ(suppress_overlaps(boxes, 0.7f, Overlap::kSmaller).size(), 1u);
}

}  // namespace
}  // namespace massface
