#include "gallery/person_search.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <vector>

#include "core/random.h"

namespace massface {
namespace {

std::vector<float> unit_row(Random& random, int64_t dimensions) {
  std::vector<float> row(static_cast<size_t>(dimensions));
  double squares = 0;
  for (float& x : row) {
    x = random.normal();
    squares += double{x} * x;
  }
  for (float& x : row) x = static_cast<float>(x / std::sqrt(squares));
  return row;
}

double product_of(const float* a, const std::vector<float>& b) {
  double sum = 0;
  for (size_t i = 0; i < b.size(); ++i) sum += double{a[i]} * b[i];
  return sum;
}

TEST(FaceCodes, BoundEveryProduct) {
  Random random(1, RandomStream::kSyntheticImage);
  for (const int64_t dimensions : {3, 64, 128, 500}) {
    FaceCodes codes(dimensions);
    std::vector<std::vector<float>> rows;
    for (int i = 0; i < 300; ++i) {
      rows.push_back(unit_row(random, dimensions));
      codes.add(rows.back().data());
    }
    std::vector<int32_t> uppers(300), lowers(300);
    std::vector<float> limits(300);
    const auto values = unit_row(random, dimensions);
    const FaceCodes::Query query = codes.query_of(values.data());
    codes.upper_products(query, 0, 300, uppers.data());
    codes.lower_products(query, 0, 300, lowers.data());
    codes.upper_limits(query, 0, 300, uppers.data(), limits.data());
    for (size_t i = 0; i < rows.size(); ++i) {
      const double product = product_of(rows[i].data(), values);
      const auto row = static_cast<int64_t>(i);
      const FaceCodes::Bounds all = codes.bounds_of(query, row, uppers[i], lowers[i]);
      EXPECT_GE(limits[i], product);
      EXPECT_LE(all.low, product);
      EXPECT_GE(all.high, product);
      EXPECT_LT(limits[i] - product, 0.4) << "the bounds would be of no use";
      EXPECT_LT(all.high - all.low, 0.03) << "the bounds would be of no use";
    }
  }
}

// Faces are crowded around their people, so that many are near the query.
TEST(PersonSearch, FindsWhatALoopOverAllFacesFinds) {
  Random random(2, RandomStream::kSyntheticImage);
  constexpr int64_t kDimensions = 96;
  PersonSearch search(kDimensions);
  std::vector<int64_t> person_of;
  std::vector<std::vector<float>> centres;
  for (int i = 0; i < 60; ++i) centres.push_back(unit_row(random, kDimensions));
  for (int i = 0; i < 9000; ++i) {
    const auto person = static_cast<int64_t>(random.below(60));
    auto row = unit_row(random, kDimensions);
    double squares = 0;
    for (size_t j = 0; j < row.size(); ++j) {
      row[j] = 0.7f * row[j] + centres[static_cast<size_t>(person)][j];
      squares += double{row[j]} * row[j];
    }
    for (float& x : row) x = static_cast<float>(x / std::sqrt(squares));
    search.add(row.data(), person);
    person_of.push_back(person);
  }
  for (int trial = 0; trial < 20; ++trial) {
    const auto query = trial < 10 ? centres[static_cast<size_t>(trial)] : unit_row(random, kDimensions);
    for (const int64_t k : {1, 2, 5, 100}) {
      const int64_t skip = trial % 3 == 0 ? search.search(query.data(), 1)[0].face : -1;
      PersonSearch::Work work;
      const auto found = search.search(query.data(), k, skip, &work);
      EXPECT_GE(work.in_float32, std::min<int64_t>(k, 60));
      EXPECT_LE(work.in_float32, work.in_eight_bits);
      EXPECT_LT(work.in_float32, k == 100 ? 9001 : 1000) << "the codes should spare most faces";
      ASSERT_EQ(std::ssize(found), std::min<int64_t>(k, 60));
      std::map<int64_t, double> best;
      for (int64_t face = 0; face < search.size(); ++face) {
        if (face == skip) continue;
        const double cosine = product_of(search.row(face), query);
        const auto [entry, is_new] = best.try_emplace(person_of[static_cast<size_t>(face)], cosine);
        if (!is_new) entry->second = std::max(entry->second, cosine);
      }
      std::vector<double> expected;
      for (const auto& [_, cosine] : best) expected.push_back(cosine);
      std::ranges::sort(expected, std::greater());
      for (size_t i = 0; i < found.size(); ++i) {
        EXPECT_NEAR(found[i].cosine, expected[i], 1e-6);
        EXPECT_NEAR(found[i].cosine, best.at(found[i].person), 1e-6);
        EXPECT_EQ(found[i].person, person_of[static_cast<size_t>(found[i].face)]);
        EXPECT_NE(found[i].face, skip);
      }
    }
  }
}

TEST(PersonSearch, OfNobodyFindsNobody) {
  PersonSearch search(8);
  const std::vector<float> query{1, 0, 0, 0, 0, 0, 0, 0};
  EXPECT_TRUE(search.search(query.data(), 3).empty());
  search.add(query.data(), 5);
  EXPECT_EQ(search.search(query.data(), 3).size(), 1u);
  EXPECT_TRUE(search.search(query.data(), 3, 0).empty());
}

}  // namespace
}  // namespace massface
