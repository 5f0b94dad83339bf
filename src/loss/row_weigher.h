#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "loss/triplet_statistics.h"
#include "mining/pool.h"
#include "mining/selection_rule.h"

namespace massface {

inline double softplus(double x) { return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x))); }
inline double sigmoid(double x) { return 1.0 / (1.0 + std::exp(-x)); }

// The positives by ascending bound. A negative violates with those whose bound is above its distance: the last ones.
struct RankedBounds {
  struct Entry {
    float bound;
    int32_t positive;
  };
  std::vector<Entry> entries;

  RankedBounds(const PoolRow& row, float margin) {
    for (int32_t i = 0; i < row.num_positives(); ++i) {
      const int32_t positive = row.positive(i);
      entries.push_back({violation_bound(row.distance(positive), margin), positive});
    }
    std::ranges::stable_sort(entries, {}, &Entry::bound);
  }

  // Returns the index of the first entry that a negative at this distance violates with.
  size_t first_violated(float distance) const {
    return static_cast<size_t>(std::ranges::upper_bound(entries, distance, {}, &Entry::bound) - entries.begin());
  }
};

// Receives what a selector emits. The row of a selector that always emits every violating negative is weighed as a
// whole; for any other selector, kEveryViolating is taken one triplet at a time.
template <bool kEmitsEveryViolating>
class RowWeigher {
 public:
  RowWeigher(const PoolRow& row, float margin, bool soft_margin, int32_t many_positives, float* weights)
      : row_(row), margin_(margin), soft_margin_(soft_margin), many_positives_(many_positives), weights_(weights) {
    std::fill_n(weights, row.view().n, 0.0f);
  }

  void operator()(int32_t positive, int32_t negative) {
    if (negative != kEveryViolating) return add_one(positive, negative);
    if (!kEmitsEveryViolating || soft_margin_) return add_each(positive);
    if (row_.num_positives() <= many_positives_) return add_every(positive);
    if (positive == row_.positive(0)) add_every_ranked();  // all positives at once
  }

  TripletStatistics finish() {
    count_pool();
    if (kEmitsEveryViolating) {
      statistics.violating = statistics.selected;
      if (!soft_margin_) count_negatives();
    } else {
      count_violating();
    }
    return statistics;
  }

 private:
  void add_one(int32_t positive, int32_t negative) {
    const float to_positive = row_.distance(positive), to_negative = row_.distance(negative);
    ++statistics.selected;
    statistics.sum_to_positive += to_positive;
    statistics.sum_to_negative += to_negative;
    statistics.to_positive.add(to_positive, 1);
    statistics.to_negative.add(to_negative, 1);
    const float bound = violation_bound(to_positive, margin_);
    if (soft_margin_) {
      const double difference = static_cast<double>(to_positive) - to_negative;
      const auto weight = static_cast<float>(sigmoid(difference));
      add_weight(positive, negative, weight, softplus(difference));
    } else if (to_negative < bound) {
      add_weight(positive, negative, 1.0f, static_cast<double>(bound) - to_negative);
    }
  }

  void add_weight(int32_t positive, int32_t negative, float weight, double loss) {
    ++statistics.active;
    statistics.sum_loss += loss;
    weights_[positive] += weight;
    weights_[negative] -= weight;
  }

  // Adds the violating triplets one at a time: a smooth loss has another weight for each of them.
  void add_each(int32_t positive) {
    const float bound = violation_bound(row_.distance(positive), margin_);
    for (int32_t n = 0; n < row_.pool_size(); ++n) {
      if (row_.distance(n) < bound && row_.is_negative(n)) add_one(positive, n);
    }
  }

  void add_every(int32_t positive) {
    const float bound = violation_bound(row_.distance(positive), margin_);
    const BelowSum below = subtract_from_others_below(row_.view(), bound, weights_);
    add_positive(positive, bound, below.count, below.distances);
  }

  // Takes O((B + P) log P) for P positives. Bucket r holds the negatives that violate from the r-th bound on.
  void add_every_ranked() {
    const RankedBounds bounds(row_, margin_);
    const size_t positives = bounds.entries.size();
    std::vector<int64_t> count(positives + 1, 0);
    std::vector<double> sum(positives + 1, 0.0);
    for (int32_t n = 0; n < row_.pool_size(); ++n) {
      if (!row_.is_negative(n)) continue;
      const size_t first = bounds.first_violated(row_.distance(n));
      ++count[first];
      sum[first] += row_.distance(n);
      weights_[n] -= static_cast<float>(positives - first);
    }
    int64_t below = 0;
    double distances = 0;
    for (size_t i = 0; i < positives; ++i) {
      below += count[i];
      distances += sum[i];
      add_positive(bounds.entries[i].positive, bounds.entries[i].bound, below, distances);
    }
  }

  // Adds the triplets of a positive with `count` violating negatives, whose distances have this sum.
  void add_positive(int32_t positive, float bound, int64_t count, double distances) {
    const auto times = static_cast<double>(count);
    statistics.selected += count;
    statistics.active += count;
    statistics.sum_loss += times * bound - distances;
    statistics.sum_to_positive += times * row_.distance(positive);
    statistics.sum_to_negative += distances;
    statistics.to_positive.add(row_.distance(positive), count);
    weights_[positive] += static_cast<float>(count);
  }

  // The weight of a negative is the number of times it was selected, negated.
  void count_negatives() {
    for (int32_t n = 0; n < row_.pool_size(); ++n) {
      if (weights_[n] < 0) statistics.to_negative.add(row_.distance(n), static_cast<int64_t>(-weights_[n]));
    }
  }

  void count_violating() {
    if (row_.num_positives() <= many_positives_) {
      for (int32_t i = 0; i < row_.num_positives(); ++i) {
        const float bound = violation_bound(row_.distance(row_.positive(i)), margin_);
        statistics.violating += row_.count_negatives_below(bound);
      }
      return;
    }
    const RankedBounds bounds(row_, margin_);
    for (int32_t n = 0; n < row_.pool_size(); ++n) {
      if (!row_.is_negative(n)) continue;
      statistics.violating += static_cast<int64_t>(bounds.entries.size() - bounds.first_violated(row_.distance(n)));
    }
  }

  void count_pool() {
    statistics.valid = static_cast<int64_t>(row_.num_positives()) * row_.num_negatives();
    statistics.pool_pairs = row_.pool_size() - 1;
    statistics.sum_of_pool = sum_of(row_.view().distances, row_.pool_size());
  }

  const PoolRow& row_;
  float margin_;
  bool soft_margin_;
  int32_t many_positives_;
  float* weights_;
  TripletStatistics statistics;
};

// Runs the selector on the row and weighs what it emits; see RowWeights, which does this for a registered strategy.
template <class Selector>
TripletStatistics weigh_row(const Selector& selector, const PoolRow& row, const SelectionRule& rule, bool soft_margin,
                            int32_t many_positives, float* weights) {
  RowWeigher<Selector::kEmitsEveryViolating> weigher(row, rule.margin, soft_margin, many_positives, weights);
  selector(row, rule, weigher);
  return weigher.finish();
}

}  // namespace massface
