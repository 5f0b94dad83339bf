#pragma once

#include <algorithm>
#include <limits>
#include <span>
#include <vector>

#include "mining/row_walk.h"
#include "mining/strategy.h"

namespace massface {

struct Triplet {
  int32_t anchor, positive, negative;
  float to_positive, to_negative;
};

// Collects what a selector chooses from one row. Numbers the triplets that the choices stand for from 0, ascending by
// (positive, negative), lists the wanted ones and only counts the others.
class RowChoices {
 public:
  // Lists the first `most` triplets.
  RowChoices(const WalkedRow& walked, float margin, int64_t most) : walked_(walked), margin_(margin), most_(most) {}
  // Lists the triplets with the numbers `wanted`: ascending, all of this row, whose first triplet has the number
  // `first`.
  RowChoices(const WalkedRow& walked, float margin, std::span<const int64_t> wanted, int64_t first)
      : walked_(walked), margin_(margin), wanted_(wanted), first_(first), by_number_(true) {}

  void operator()(int32_t positive, int32_t negative) {
    const float to_positive = row().distance(positive);
    if (negative != kEveryViolating) {
      if (next_wanted() == count_) list(positive, negative, to_positive);
      ++count_;
      return;
    }
    const float bound = violation_bound(to_positive, margin_);
    const int64_t end = count_ + row().count_negatives_below(bound);
    if (next_wanted() < end) list_violating(positive, to_positive, bound, end);
    count_ = end;
  }

  int64_t count() const { return count_; }
  std::vector<Triplet> take_list() { return std::move(list_); }

 private:
  // Up to this many queries for the k-th negative cost less than a look at every negative.
  static constexpr int64_t kFew = 8;
  static constexpr int64_t kNone = std::numeric_limits<int64_t>::max();

  const PoolRow& row() const { return walked_.row; }

  // The number of the next triplet to list; at least count().
  int64_t next_wanted() const {
    if (!by_number_) return static_cast<int64_t>(list_.size()) < most_ ? count_ : kNone;
    return list_.size() < wanted_.size() ? wanted_[list_.size()] - first_ : kNone;
  }

  // How many of the numbers still to be listed are below `end`.
  int64_t num_wanted_below(int64_t end) const {
    const auto rest = wanted_.subspan(list_.size());
    return std::ranges::lower_bound(rest, first_ + end) - rest.begin();
  }

  void list(int32_t positive, int32_t negative, float to_positive) {
    list_.push_back({static_cast<int32_t>(walked_.anchor), walked_.position_of(positive), walked_.position_of(negative),
                     to_positive, row().distance(negative)});
  }

  // Lists the wanted triplets among those with the negatives below the bound, whose numbers are below `end`.
  void list_violating(int32_t positive, float to_positive, float bound, int64_t end) {
    const int64_t begin = count_;
    if (by_number_ && num_wanted_below(end) <= kFew) {
      while (next_wanted() < end) {
        list(positive, row().negative_below(bound, static_cast<int32_t>(next_wanted() - begin)), to_positive);
      }
      return;
    }
    for (int32_t n = 0; n < row().pool_size() && next_wanted() < end; ++n) {
      if (!(row().distance(n) < bound && row().is_negative(n))) continue;
      if (next_wanted() == count_) list(positive, n, to_positive);
      ++count_;
    }
  }

  const WalkedRow& walked_;
  float margin_;
  int64_t most_ = 0;
  std::span<const int64_t> wanted_;
  int64_t first_ = 0;
  bool by_number_ = false;
  int64_t count_ = 0;
  std::vector<Triplet> list_;
};

inline void choose(const WalkedRow& walked, Strategy strategy, const SelectionRule& rule, RowChoices& choices) {
  const SelectionRule rule_of_row = walked.rule_of(rule);
  with_selector(strategy, [&](auto selector) { selector(walked.row, rule_of_row, choices); });
}

}  // namespace massface
