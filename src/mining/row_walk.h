#pragma once

#include <functional>

#include "mining/mine_triplets.h"

namespace massface {

// One anchor of a walk over a pool.
struct WalkedRow {
  int64_t anchor;  // of the pool
  // Its distances. Positions are the pool's, or where `positions` is given, places in that list of ascending ones.
  const PoolRow& row;
  const int32_t* positions = nullptr;

  int32_t position_of(int32_t place) const { return positions == nullptr ? place : positions[place]; }

  // Rows of places would share the random numbers of their places.
  SelectionRule rule_of(const SelectionRule& rule) const;
};

// A way through a pool: calls use() once for each anchor, from several threads.
struct RowWalk {
  int64_t size;  // anchors
  std::function<void(const std::function<void(const WalkedRow&)>& use)> for_each_row;
};

// What mine_triplets() does, whatever the rows are made of. May walk twice.
MinedTriplets mine_rows(const RowWalk& walk, Strategy strategy, const SelectionRule& rule, int64_t max_triplets);

}  // namespace massface
