#include "clustering/cluster_faces.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "clustering/neighbour_pairs.h"
#include "core/error.h"
#include "core/random.h"
#include "core/testing_text.h"

namespace massface {
namespace {

// Faces around so many centres, `spread` apart from them.
Tensor scattered(int64_t people, int64_t faces_of_each, int64_t dimensions, double spread) {
  Random random(5, RandomStream::kSyntheticImage);
  const auto normals = [&](int64_t rows) {
    Tensor values = at::empty({rows, dimensions});
    for (int64_t i = 0; i < values.numel(); ++i) values.mutable_data_ptr<float>()[i] = random.normal();
    return values;
  };
  const auto unit = [](const Tensor& rows) { return rows / rows.norm(2, 1, true); };
  const Tensor centres = unit(normals(people));
  const Tensor rows = centres.repeat({faces_of_each, 1}) + spread * unit(normals(people * faces_of_each));
  return unit(rows).contiguous();
}

// Average linkage by its definition: all averages are computed anew after each join.
std::vector<int64_t> naive_clusters(const Tensor& embeddings, double threshold) {
  const Tensor cosines = embeddings.to(at::kDouble).mm(embeddings.to(at::kDouble).t());
  std::vector<std::vector<int64_t>> groups;
  for (int64_t i = 0; i < embeddings.size(0); ++i) groups.push_back({i});
  while (true) {
    double best = threshold;
    size_t first = 0, second = 0;
    for (size_t a = 0; a < groups.size(); ++a) {
      for (size_t b = a + 1; b < groups.size(); ++b) {
        double sum = 0;
        for (const int64_t i : groups[a]) {
          for (const int64_t j : groups[b]) sum += cosines[i][j].item<double>();
        }
        const double average = sum / static_cast<double>(groups[a].size() * groups[b].size());
        if (average <= best) continue;
        best = average;
        first = a;
        second = b;
      }
    }
    if (second == 0) break;
    groups[first].insert(groups[first].end(), groups[second].begin(), groups[second].end());
    groups.erase(groups.begin() + static_cast<int64_t>(second));
  }
  std::vector<int64_t> group_of(static_cast<size_t>(embeddings.size(0)));
  for (size_t g = 0; g < groups.size(); ++g) {
    for (const int64_t row : groups[g]) group_of[static_cast<size_t>(row)] = static_cast<int64_t>(g);
  }
  return group_of;
}

TEST(ClusterFaces, IsAverageLinkage) {
  const Tensor embeddings = scattered(9, 4, 12, 0.9);  // crowded, so that groups compete for faces
  for (const double threshold : {0.1, 0.3, 0.5, 0.7}) {
    const std::vector<int64_t> groups = cluster_faces(embeddings, threshold);
    const PairwiseScores scores = pairwise_scores(groups, naive_clusters(embeddings, threshold));
    EXPECT_EQ(scores.both, scores.together) << threshold;
    EXPECT_EQ(scores.both, scores.of_one_person) << threshold;
  }
}

TEST(ClusterFaces, FindsPeopleAndNumbersThemBySize) {
  const Tensor people = scattered(20, 5, 64, 0.5);
  const Tensor embeddings = at::cat({people, people.slice(0, 7, 8), people.slice(0, 27, 28)}).contiguous();
  const std::vector<int64_t> groups = cluster_faces(embeddings, 0.5);
  EXPECT_EQ(std::set(groups.begin(), groups.end()).size(), 20u);
  for (size_t i = 0; i < 100; ++i) EXPECT_EQ(groups[i], groups[i % 20]);
  EXPECT_EQ(groups[100], groups[7]);
  EXPECT_EQ(groups[101], groups[7]);
  EXPECT_EQ(groups[7], 0) << "7 faces";
  EXPECT_EQ(groups[0], 1) << "then by the first face";
  EXPECT_EQ(groups[6], 7);
  EXPECT_EQ(groups[8], 8);
}

// A chain whose neighbours are similar and whose ends are not: one connected component, but not one person.
TEST(ClusterFaces, DoesNotFollowChains) {
  Tensor chain = at::zeros({9, 2});
  for (int64_t i = 0; i < 9; ++i) {
    chain[i][0] = std::cos(0.3 * static_cast<double>(i));
    chain[i][1] = std::sin(0.3 * static_cast<double>(i));
  }
  const std::vector<int64_t> groups = cluster_faces(chain, 0.8);
  EXPECT_NE(groups.front(), groups.back());
}

TEST(ClusterFaces, LeavesStrangersAlone) {
  const std::vector<int64_t> groups = cluster_faces(at::eye(5), 0.2);
  EXPECT_EQ(groups, (std::vector<int64_t>{0, 1, 2, 3, 4}));
  EXPECT_TRUE(cluster_faces(at::empty({0, 3}), 0.2).empty());
}

TEST(NeighbourPairs, AreThoseAboveTheThreshold) {
  const Tensor embeddings = scattered(40, 4, 16, 0.7);
  const Tensor cosines = embeddings.mm(embeddings.t());
  const auto pairs = neighbour_pairs(embeddings, 0.4, 1'000'000);
  size_t next = 0;
  for (int64_t i = 0; i < 160; ++i) {
    for (int64_t j = i + 1; j < 160; ++j) {
      const double cosine = cosines[i][j].item<double>();
      if (cosine <= 0.4) continue;
      ASSERT_LT(next, pairs.size());
      EXPECT_EQ(pairs[next].first, i);
      EXPECT_EQ(pairs[next].second, j);
      EXPECT_NEAR(pairs[next].cosine, cosine, 1e-5);
      ++next;
    }
  }
  EXPECT_EQ(next, pairs.size());
  EXPECT_NE(message_of<Error>([&] { neighbour_pairs(embeddings, -1, 1000); }).find("Choose a higher one"),
            std::string::npos);
}

// Groups {0, 1, 2} and {3, 4}, people {0, 1} and {2, 3, 4}: 4 pairs together, 4 of one person, 2 both.
TEST(PairwiseScores, CountPairs) {
  const PairwiseScores scores = pairwise_scores({0, 0, 0, 1, 1}, {5, 5, 6, 6, 6});
  EXPECT_EQ(scores.together, 4);
  EXPECT_EQ(scores.of_one_person, 4);
  EXPECT_EQ(scores.both, 2);
  EXPECT_EQ(scores.precision(), 0.5);
  EXPECT_EQ(scores.recall(), 0.5);
  EXPECT_EQ(pairwise_scores({0, 1}, {0, 1}).precision(), 1);
}

}  // namespace
}  // namespace massface
