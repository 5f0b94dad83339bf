#include "cleaning/person_groups.h"

#include <algorithm>
#include <iterator>

#include "cleaning/vectors.h"

namespace massface {
namespace {

// A person with thousands of images that do not fit has a seed among the first of them.
constexpr size_t kMostSeeds = 512;
constexpr int kMostPasses = 10;

RowSum sum_of_rows(const LabelledEmbeddings& set, const std::vector<int64_t>& rows) {
  RowSum sum(set.dimensions());
  for (const int64_t row : rows) sum.add(set.row(row));
  return sum;
}

// Returns the seed's rows: those that have this cosine to it.
std::vector<int64_t> similar_rows(const LabelledEmbeddings& set, const std::vector<int64_t>& rows, int64_t seed,
                                  double similarity) {
  std::vector<int64_t> similar;
  std::ranges::copy_if(rows, std::back_inserter(similar), [&](int64_t row) {
    return row == seed || cosine(set.row(row), set.row(seed), set.dimensions()) >= similarity;
  });
  return similar;
}

// Returns the rows that are similar to the centre of a group, which they may belong to. group: ascending.
std::vector<int64_t> rows_near(const LabelledEmbeddings& set, const std::vector<int64_t>& rows,
                               const std::vector<int64_t>& group, double similarity) {
  const RowSum sum = sum_of_rows(set, group);
  const double squared_length = sum.squared_length();
  std::vector<int64_t> near;
  std::ranges::copy_if(rows, std::back_inserter(near), [&](int64_t row) {
    const bool is_in_group = std::ranges::binary_search(group, row);
    return cosine_to_others(sum, squared_length, set.row(row), is_in_group) >= similarity;
  });
  return near;
}

std::vector<int64_t> largest_group(const LabelledEmbeddings& set, const std::vector<int64_t>& rows,
                                   const GroupSimilarity& similarity) {
  std::vector<int64_t> group;
  for (size_t i = 0; i < std::min(rows.size(), kMostSeeds); ++i) {
    auto similar = similar_rows(set, rows, rows[i], similarity.loose);
    if (similar.size() > group.size()) group = std::move(similar);
  }
  for (int pass = 0; pass < kMostPasses && group.size() > 1; ++pass) {
    auto next = rows_near(set, rows, group, similarity.tight);
    if (next == group) return group;
    group = std::move(next);
  }
  return group;
}

}  // namespace

std::vector<PersonGroup> find_groups(const LabelledEmbeddings& set, std::vector<int64_t> rows,
                                     const GroupSimilarity& similarity, int64_t smallest) {
  std::ranges::sort(rows);
  std::vector<PersonGroup> groups;
  while (std::ssize(rows) >= smallest) {
    auto group = largest_group(set, rows, similarity);
    if (std::ssize(group) < smallest) break;
    std::vector<int64_t> joined, left;
    std::ranges::set_union(group, rows_near(set, rows, group, similarity.loose), std::back_inserter(joined));
    std::ranges::set_difference(rows, joined, std::back_inserter(left));
    rows = std::move(left);
    auto centre = sum_of_rows(set, group).unit();
    groups.push_back({std::move(joined), std::move(centre)});
  }
  return groups;
}

}  // namespace massface
