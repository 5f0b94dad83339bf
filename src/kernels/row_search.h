#pragma once

#include <cstdint>

// Searches in one row of a distance matrix, with the vector instructions of this processor. A row is distances[0 .. n)
// with identities[0 .. n). n is a multiple of kRowAlignment; positions after the end of the pool have a distance of
// +infinity. An *other* is a position with another identity than `own`.
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

// Returns the nearest other with above < distance < below; among equals, the one with the lowest position.
FoundPosition nearest_other(const RowView& row, float above, float below);

// Returns the number of others with a distance less than `below`.
int64_t count_others_below(const RowView& row, float below);

// Returns the position of the k-th of these (from 0), in ascending order of position, or -1 if there are fewer.
int32_t other_below(const RowView& row, float below, int64_t k);

struct BelowSum {
  int64_t count;
  double distances;  // their sum
};

// Subtracts 1 from the weight of each other with a distance less than `below`. Returns their number and the sum of
// their distances.
BelowSum subtract_from_others_below(const RowView& row, float below, float* weights);

// Returns the sum of n numbers, computed in double.
double sum_of(const float* values, int64_t n);

}  // namespace massface
