#pragma once

#include <functional>

#include "distributed/shares.h"
#include "mining/mine_triplets.h"

namespace massface {

// One anchor of a walk over a pool.
struct WalkedRow {
  int64_t anchor;  // its position in the pool
  // The anchor's distances. Its positions are those of the pool or, if `positions` is given, places in that ascending
  // list of positions.
  const PoolRow& row;
  const int32_t* positions = nullptr;

  int32_t position_of(int32_t place) const { return positions == nullptr ? place : positions[place]; }

  // If `positions` is given, mixes the anchor's position into the seed: rows reached through an index would otherwise
  // draw the same random numbers.
  SelectionRule rule_of(const SelectionRule& rule) const;
};

// A walk through a pool. for_each_row calls use() once for each of the given anchors, from several threads.
struct RowWalk {
  int64_t size;  // anchors
  std::function<void(Share anchors, const std::function<void(const WalkedRow&)>& use)> for_each_row;
};

// Does what mine_triplets() does, for rows of any origin. May walk twice.
MinedTriplets mine_rows(const RowWalk& walk, Strategy strategy, const SelectionRule& rule, int64_t max_triplets,
                        Processes& processes);

}  // namespace massface
