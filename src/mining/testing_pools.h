#pragma once

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "core/random.h"
#include "mining/pool.h"
#include "mining/strategy.h"
#include "mining/triplets.h"

// For tests: random pools, and the strategies written again as loops over all triplets, the oracle of every fast path.
namespace massface {

// A limit on the number of triplets that no pool of a test reaches.
inline constexpr int64_t kNoLimit = int64_t{1} << 40;

struct TestingPool {
  Tensor embeddings;  // float32 [B, D]
  Tensor labels;      // int64 [B]
};

// Returns identities of 1 to 6 images in shuffled order, with labels that are not 0, 1, 2, and some exact duplicates,
// also with different labels.
inline TestingPool random_pool(uint64_t seed, int64_t size, int64_t dimensions) {
  Random random(seed, RandomStream::kSyntheticImage);
  std::vector<int64_t> labels;
  for (int64_t identity = 0; static_cast<int64_t>(labels.size()) < size; ++identity) {
    const auto images = static_cast<int64_t>(1 + random.below(6));
    for (int64_t i = 0; i < images && static_cast<int64_t>(labels.size()) < size; ++i)
      labels.push_back(900 - 7 * identity);
  }
  random.shuffle(labels);
  Tensor x = torch::empty({size, dimensions});
  for (int64_t i = 0; i < x.numel(); ++i) x.mutable_data_ptr<float>()[i] = random.normal();
  x = x / x.norm(2, 1, true);
  for (int64_t i = 1; i < size; ++i) {
    if (random.below(8) == 0) x[i] = x[static_cast<int64_t>(random.below(static_cast<uint64_t>(i)))];
  }
  return {x, torch::tensor(labels)};
}

// Returns unit rows whose products are exact in float32, in shuffled order: corners +-1/sqrt(D) of a cube of 4, 16 or
// 64 dimensions, or one-hot rows. Such pools are full of exact ties.
inline TestingPool exact_pool(uint64_t seed, int64_t size) {
  TestingPool pool = random_pool(seed, size, 2);
  Random random(seed, RandomStream::kSyntheticPairs);
  const int64_t dimensions = int64_t{4} << (2 * random.below(3));
  const bool one_hot = random.below(4) == 0;
  pool.embeddings = torch::zeros({size, dimensions});
  for (int64_t i = 0; i < size; ++i) {
    float* row = pool.embeddings.mutable_data_ptr<float>() + i * dimensions;
    if (one_hot) row[random.below(static_cast<uint64_t>(dimensions))] = 1;
    for (int64_t k = 0; !one_hot && k < dimensions; ++k) {
      row[k] = (random.below(2) == 0 ? 1.0f : -1.0f) / std::sqrt(static_cast<float>(dimensions));
    }
  }
  return pool;
}

// Computes the distances by their definition, in double.
inline Tensor naive_distances(const Tensor& embeddings) {
  const Tensor x = embeddings.to(torch::kDouble);
  return (x.unsqueeze(0) - x.unsqueeze(1)).square().sum(2).to(torch::kFloat);
}

using TripletList = std::vector<std::array<int64_t, 3>>;

inline TripletList to_list(const Triplets& triplets) {
  TripletList list;
  for (int64_t t = 0; t < triplets.size(); ++t) {
    list.push_back({triplets.anchors[t].item<int64_t>(), triplets.positives[t].item<int64_t>(),
                    triplets.negatives[t].item<int64_t>()});
  }
  return list;
}

// Computes the distances as Pool does, by which ties and bounds are judged.
inline Tensor matrix_of(const Pool& pool) {
  Tensor matrix = torch::empty({pool.size(), pool.distances().stride()});
  pool.distances().compute_matrix(matrix.mutable_data_ptr<float>());
  return matrix.slice(1, 0, pool.size()).contiguous();
}

class NaiveMiner {
 public:
  NaiveMiner(const TestingPool& pool, const SelectionRule& rule)
      : NaiveMiner(pool, rule, matrix_of(Pool(pool.embeddings, pool.labels))) {}
  // distances: float32 [B, B].
  NaiveMiner(const TestingPool& pool, const SelectionRule& rule, const Tensor& distances)
      : size_(pool.labels.size(0)), matrix_(distances), rule_(rule) {
    for (int64_t i = 0; i < size_; ++i) labels_.push_back(pool.labels[i].item<int64_t>());
  }

  TripletList select(Strategy strategy) const {
    TripletList all;
    for (int64_t a = 0; a < size_; ++a) {
      for (const auto& triplet : of_anchor(strategy, a)) all.push_back(triplet);
    }
    return all;
  }

  float d(int64_t i, int64_t j) const { return matrix_.const_data_ptr<float>()[i * size_ + j]; }
  bool violates(int64_t a, int64_t p, int64_t n) const { return d(a, n) < d(a, p) + rule_.margin; }
  bool valid(int64_t a, int64_t p, int64_t n) const {
    return p != a && labels_[p] == labels_[a] && labels_[n] != labels_[a];
  }

 private:
  TripletList of_anchor(Strategy strategy, int64_t a) const {
    TripletList violating, valid_ones;
    for (int64_t p = 0; p < size_; ++p) {
      for (int64_t n = 0; n < size_; ++n) {
        if (!valid(a, p, n)) continue;
        valid_ones.push_back({a, p, n});
        if (violates(a, p, n)) violating.push_back({a, p, n});
      }
    }
    switch (strategy) {
      case Strategy::kBatchAll:
        return violating;
      case Strategy::kBatchRandom:
        return one_of_each_pair(violating);
      case Strategy::kBatchMinMin:
        return best(violating, +1);
      case Strategy::kBatchMinMax:
        return best(violating, -1);
      case Strategy::kBatchHardest:
        return best(valid_ones, -1);
      case Strategy::kBatchSemiHard:
        return semi_hard(violating);
      case Strategy::kBatchDistanceWeighted:
        return distance_weighted(violating);
    }
    ADD_FAILURE() << "NaiveMiner::of_anchor() has no case for " << strategy_name(strategy);
    return {};
  }

  // Returns the triplet with the nearest negative and, among those, the nearest (+1) or farthest (-1) positive; the
  // first of equals.
  TripletList best(const TripletList& list, float sign) const {
    if (list.empty()) return {};
    return {*std::ranges::min_element(
        list, {}, [&](const auto& t) { return std::tuple(d(t[0], t[2]), t[2], sign * d(t[0], t[1]), t[1]); })};
  }

  TripletList one_of_each_pair(const TripletList& violating) const {
    TripletList chosen;
    for (size_t begin = 0; begin < violating.size();) {
      size_t end = begin;
      while (end < violating.size() && violating[end][1] == violating[begin][1]) ++end;
      Random random(rule_.seed, RandomStream::kTripletChoice, rule_.step, static_cast<uint32_t>(violating[begin][0]));
      chosen.push_back(violating[begin + random.seek(static_cast<uint32_t>(violating[begin][1])).below(end - begin)]);
      begin = end;
    }
    return chosen;
  }

  TripletList semi_hard(const TripletList& violating) const {
    TripletList chosen;
    for (const auto& [a, p, n] : violating) {
      if (!(d(a, n) > d(a, p))) continue;
      if (!chosen.empty() && chosen.back()[1] == p) {
        if (d(a, n) < d(a, chosen.back()[2])) chosen.back()[2] = n;
      } else {
        chosen.push_back({a, p, n});
      }
    }
    return chosen;
  }

  // The violating triplets of one positive pair, by the distance of their negatives; the first of equals.
  std::vector<TripletList> by_pair(const TripletList& violating) const {
    std::vector<TripletList> pairs;
    for (const auto& triplet : violating) {
      if (pairs.empty() || pairs.back()[0][1] != triplet[1]) pairs.emplace_back();
      pairs.back().push_back(triplet);
    }
    for (TripletList& pair : pairs) {
      std::ranges::stable_sort(pair, {}, [&](const auto& t) { return d(t[0], t[2]); });
    }
    return pairs;
  }

  TripletList distance_weighted(const TripletList& violating) const {
    TripletList chosen;
    for (const TripletList& pair : by_pair(violating)) {
      const auto [a, p, nearest] = pair[0];
      Random random(rule_.seed, RandomStream::kTripletChoice, rule_.step, static_cast<uint32_t>(a));
      random.seek(static_cast<uint32_t>(4 * p));
      const float farthest = std::sqrt(d(a, p) + rule_.margin), least = std::min(0.5f, farthest / 2);
      float below = farthest;
      int64_t negative = -1;
      for (int n = 0; n < 16 && negative < 0; ++n) {
        const float drawn = below * random.uniform();
        if (drawn < least) continue;
        below = drawn;
        const auto beyond = std::ranges::find_if(pair, [&](const auto& t) { return d(a, t[2]) > drawn * drawn; });
        if (beyond != pair.end()) negative = (*beyond)[2];
      }
      chosen.push_back({a, p, negative < 0 ? nearest : negative});
    }
    return chosen;
  }

  int64_t size_;
  Tensor matrix_;
  SelectionRule rule_;
  std::vector<int64_t> labels_;
};

}  // namespace massface
