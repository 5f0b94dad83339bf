#include "cleaning/similarity_search.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "cleaning/testing_people.h"
#include "cleaning/vectors.h"

namespace massface {
namespace {

TEST(SimilaritySearch, FindsWhatALoopOverAllFinds) {
  DrawnPeople drawn(3, 24);
  for (const int64_t images : {5, 1, 17, 8, 400, 3}) drawn.add_person(images);
  const LabelledEmbeddings set = drawn.set();
  const Tensor points = set.embeddings().slice(0, 0, 77);
  std::vector<int64_t> labels(set.person_of_row().begin(), set.person_of_row().begin() + 77);
  const auto found = most_similar(set.embeddings(), set.person_of_row(), points, labels);
  std::vector<SimilarPair> expected_pairs;
  for (int64_t i = 0; i < set.rows(); ++i) {
    int64_t best = -1;
    double most = -2;
    for (int64_t k = 0; k < set.rows(); ++k) {
      const double similarity = cosine(set.row(i), set.row(k), set.dimensions());
      if (k > i && similarity >= 0.6) expected_pairs.push_back({i, k, static_cast<float>(similarity)});
      if (k >= 77 || set.person_of(k) == set.person_of(i) || similarity <= most) continue;
      most = similarity;
      best = k;
    }
    EXPECT_EQ(found[static_cast<size_t>(i)].point, best) << i;
    EXPECT_NEAR(found[static_cast<size_t>(i)].similarity, most, 1e-5) << i;
  }
  const auto pairs = similar_pairs(set.embeddings(), 0.6, 1000);
  ASSERT_GT(pairs.size(), 100u);
  ASSERT_EQ(pairs.size(), expected_pairs.size());
  for (size_t i = 0; i < pairs.size(); ++i) {
    EXPECT_EQ(pairs[i].first, expected_pairs[i].first);
    EXPECT_EQ(pairs[i].second, expected_pairs[i].second);
    EXPECT_NEAR(pairs[i].similarity, expected_pairs[i].similarity, 1e-5);
  }
}

TEST(SimilaritySearch, KeepsTheMostSimilarOfManyPairs) {
  const Tensor points = at::tensor({1.F, 0.F, 0.8F, 0.6F, 1.F, 0.F, 0.6F, 0.8F}).reshape({4, 2});
  const auto pairs = similar_pairs(points, 0.5, 2);
  ASSERT_EQ(pairs.size(), 5u);  // of the first with the others, only two of three
  EXPECT_EQ(pairs[0].second, 1);
  EXPECT_EQ(pairs[1].second, 2);
  EXPECT_EQ(pairs[1].similarity, 1);
}

TEST(SimilaritySearch, SaysSoIfThereIsNobodyElse) {
  const Tensor point = at::tensor({1.F, 0.F}).reshape({1, 2});
  EXPECT_EQ(most_similar(point, {4}, point, {4}).front().point, -1);
  EXPECT_EQ(most_similar(point, {4}, at::empty({0, 2}), {}).front().point, -1);
  EXPECT_TRUE(similar_pairs(point, 0.5, 2).empty());
}

}  // namespace
}  // namespace massface
