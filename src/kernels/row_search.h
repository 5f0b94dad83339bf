#pragma once

#include <cstdint>

// Questions to one row of a distance matrix, with the vector instructions of this processor. A row is
// distances[0 .. n) with identities[0 .. n); n is a multiple of kRowAlignment, what lies behind the pool is at a
// distance of +infinity. An *other* is a position of another identity than `own`.
namespace massface {

constexpr int64_t kRowAlignment = 16;

struct RowView {
  const float* distances;
  const int32_t* identities;
  int64_t n;
  int32_t own;
};

struct FoundPosition {
  int32_t position = -1;  // -1: none
  float distance = 0;
};

// The nearest other with above < distance < below, the lowest position among equals.
FoundPosition nearest_other(const RowView& row, float above, float below);

// How many others have a distance below this.
int64_t count_others_below(const RowView& row, float below);

// The position of the k-th (from 0) of those in ascending position; -1 where there are not so many.
int32_t other_below(const RowView& row, float below, int64_t k);

struct BelowSum {
  int64_t count;
  double distances;  // their sum
};

// The same others: each one's weight is lowered by 1.
BelowSum subtract_from_others_below(const RowView& row, float below, float* weights);

// The sum of n numbers, in double.
double sum_of(const float* values, int64_t n);

}  // namespace massface
