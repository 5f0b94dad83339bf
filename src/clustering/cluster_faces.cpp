#include "clustering/cluster_faces.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <queue>
#include <set>
#include <tuple>

#include "clustering/neighbour_pairs.h"
#include "core/error.h"

namespace massface {
namespace {

constexpr int64_t kMostPairs = 200'000'000;  // 2.4 GB

// Groups of rows that are joined. The average cosine of two groups is the product of their sums, divided by the number
// of pairs of their rows, so that no matrix of cosines is needed.
class LinkedGroups {
 public:
  LinkedGroups(const Tensor& embeddings, const std::vector<NeighbourPair>& pairs)
      : rows_(embeddings.const_data_ptr<float>()),
        dimensions_(static_cast<size_t>(embeddings.size(1))),
        groups_(static_cast<size_t>(embeddings.size(0))),
        joined_to_(groups_.size()) {
    std::iota(joined_to_.begin(), joined_to_.end(), 0);
    for (const NeighbourPair& pair : pairs) {
      groups_[static_cast<size_t>(pair.first)].neighbours.insert(pair.second);
      groups_[static_cast<size_t>(pair.second)].neighbours.insert(pair.first);
      offer(pair.first, pair.second, double{pair.cosine});
    }
  }

  void join_above(double threshold) {
    while (!offers_.empty()) {
      const Offer best = offers_.top();
      offers_.pop();
      const bool is_current =
          group(best.first).version == best.first_version && group(best.second).version == best.second_version;
      if (is_current && best.similarity > threshold) join(best.first, best.second, threshold);
    }
  }

  // The group that a row is in now, named by one of its rows.
  int64_t group_of(int64_t row) const {
    while (joined_to_[static_cast<size_t>(row)] != row) row = joined_to_[static_cast<size_t>(row)];
    return row;
  }

 private:
  struct Group {
    std::vector<double> sum = {};  // empty: the row itself
    int64_t size = 1;
    int64_t version = 0;  // grows with each change; -1 when joined to another
    std::set<int64_t> neighbours = {};
  };

  struct Offer {
    double similarity;
    int64_t first, second;  // groups, first < second
    int64_t first_version, second_version;

    // The top of a heap is the largest: the most similar, of equal ones the first.
    bool operator<(const Offer& other) const {
      return std::tuple(-similarity, first, second) > std::tuple(-other.similarity, other.first, other.second);
    }
  };

  Group& group(int64_t i) { return groups_[static_cast<size_t>(i)]; }

  void offer(int64_t a, int64_t b, double similarity) {
    const auto [first, second] = std::minmax(a, b);
    offers_.push({similarity, first, second, group(first).version, group(second).version});
  }

  std::vector<double>& sum_of(int64_t i) {
    Group& of = group(i);
    if (of.sum.empty()) {
      const float* row = rows_ + static_cast<size_t>(i) * dimensions_;
      of.sum.assign(row, row + dimensions_);
    }
    return of.sum;
  }

  double average(int64_t a, int64_t b) {
    const std::vector<double>& sum = sum_of(a);
    const Group& other = group(b);
    double product = 0;
    if (other.sum.empty()) {
      const float* row = rows_ + static_cast<size_t>(b) * dimensions_;
      for (size_t j = 0; j < dimensions_; ++j) product += sum[j] * double{row[j]};
    } else {
      for (size_t j = 0; j < dimensions_; ++j) product += sum[j] * other.sum[j];
    }
    return product / (static_cast<double>(group(a).size) * static_cast<double>(other.size));
  }

  // Joins `second` to `first`.
  void join(int64_t first, int64_t second, double threshold) {
    std::vector<double>& sum = sum_of(first);
    const std::vector<double>& added = sum_of(second);
    for (size_t j = 0; j < dimensions_; ++j) sum[j] += added[j];
    Group& whole = group(first);
    Group& part = group(second);
    whole.size += part.size;
    ++whole.version;
    part.version = -1;
    joined_to_[static_cast<size_t>(second)] = first;
    for (const int64_t neighbour : part.neighbours) {
      group(neighbour).neighbours.erase(second);
      if (neighbour == first) continue;
      group(neighbour).neighbours.insert(first);
      whole.neighbours.insert(neighbour);
    }
    part = {.version = -1};  // frees its memory
    for (const int64_t neighbour : whole.neighbours) {
      const double similarity = average(first, neighbour);
      if (similarity > threshold) offer(first, neighbour, similarity);
    }
  }

  const float* rows_;
  size_t dimensions_;
  std::vector<Group> groups_;
  std::vector<int64_t> joined_to_;
  std::priority_queue<Offer> offers_;
};

// Numbers groups by descending size.
std::vector<int64_t> numbered_by_size(const std::vector<int64_t>& group_of_row) {
  std::map<int64_t, std::pair<int64_t, int64_t>> size_and_first;  // by group: minus its size, its first row
  for (size_t row = 0; row < group_of_row.size(); ++row) {
    const auto [entry, is_new] = size_and_first.try_emplace(group_of_row[row], 0, static_cast<int64_t>(row));
    --entry->second.first;
  }
  std::vector<std::pair<std::pair<int64_t, int64_t>, int64_t>> order;
  for (const auto& [group, rank] : size_and_first) order.emplace_back(rank, group);
  std::ranges::sort(order);
  std::map<int64_t, int64_t> number_of;
  for (const auto& [rank, group] : order) number_of.emplace(group, std::ssize(number_of));
  std::vector<int64_t> numbers;
  for (const int64_t group : group_of_row) numbers.push_back(number_of.at(group));
  return numbers;
}

int64_t pairs_among(int64_t count) { return count * (count - 1) / 2; }

}  // namespace

std::vector<int64_t> cluster_faces(const Tensor& embeddings, double threshold_cosine) {
  check(embeddings.dim() == 2 && embeddings.is_contiguous(), "one contiguous row per face");
  LinkedGroups groups(embeddings, neighbour_pairs(embeddings, threshold_cosine, kMostPairs));
  groups.join_above(threshold_cosine);
  std::vector<int64_t> group_of_row;
  for (int64_t row = 0; row < embeddings.size(0); ++row) group_of_row.push_back(groups.group_of(row));
  return numbered_by_size(group_of_row);
}

PairwiseScores pairwise_scores(const std::vector<int64_t>& groups, const std::vector<int64_t>& people) {
  check(groups.size() == people.size(), "a group and a person for each face");
  std::map<int64_t, int64_t> of_group, of_person;
  std::map<std::pair<int64_t, int64_t>, int64_t> of_both;
  for (size_t i = 0; i < groups.size(); ++i) {
    ++of_group[groups[i]];
    ++of_person[people[i]];
    ++of_both[{groups[i], people[i]}];
  }
  PairwiseScores scores;
  for (const auto& [_, count] : of_group) scores.together += pairs_among(count);
  for (const auto& [_, count] : of_person) scores.of_one_person += pairs_among(count);
  for (const auto& [_, count] : of_both) scores.both += pairs_among(count);
  return scores;
}

}  // namespace massface
