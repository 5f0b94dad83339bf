#pragma once

#include <array>
#include <cstdint>

#include "core/random.h"

// Also compiled by nvcc: C++17.
namespace massface {

// Counts of the distances in [i / 10, (i + 1) / 10). Squared L2 distances between unit vectors are 0 to 4; larger ones
// are counted in the last bin.
struct DistanceHistogram {
  static constexpr int64_t kBins = 40;
  std::array<int64_t, kBins> counts{};

  MASSFACE_HOST_DEVICE static int bin(float distance) {
    const float tenths = distance * 10.0f;
    return tenths < static_cast<float>(kBins) ? static_cast<int>(tenths) : static_cast<int>(kBins - 1);
  }
  void add(float distance, int64_t times) { counts[static_cast<size_t>(bin(distance))] += times; }
  void add(const DistanceHistogram& other) {
    for (size_t i = 0; i < counts.size(); ++i) counts[i] += other.counts[i];
  }
};

// The statistics of the triplets of one pool, or of a part of it, as sums that can be added.
struct TripletStatistics {
  int64_t selected = 0;
  int64_t active = 0;          // selected triplets with a loss above 0
  int64_t valid = 0;           // (a, p, n) with a and p of one identity and n of another
  int64_t violating = 0;       // of these, those that violate the margin
  double sum_loss = 0;         // over the selected triplets
  double sum_to_positive = 0;  // d(a, p) over the selected triplets
  double sum_to_negative = 0;  // d(a, n) over the selected triplets
  int64_t pool_pairs = 0;      // (i, j) with i != j
  double sum_of_pool = 0;      // d(i, j) over these pairs
  DistanceHistogram to_positive;
  DistanceHistogram to_negative;

  // 0 if there are none.
  double mean_to_positive() const { return over(sum_to_positive, selected); }
  double mean_to_negative() const { return over(sum_to_negative, selected); }
  double mean_of_pool() const { return over(sum_of_pool, pool_pairs); }
  double active_fraction() const { return over(static_cast<double>(active), selected); }
  double violating_fraction() const { return over(static_cast<double>(violating), valid); }

  void add(const TripletStatistics& other) {
    selected += other.selected;
    active += other.active;
    valid += other.valid;
    violating += other.violating;
    sum_loss += other.sum_loss;
    sum_to_positive += other.sum_to_positive;
    sum_to_negative += other.sum_to_negative;
    pool_pairs += other.pool_pairs;
    sum_of_pool += other.sum_of_pool;
    to_positive.add(other.to_positive);
    to_negative.add(other.to_negative);
  }

 private:
  static double over(double sum, int64_t count) { return count > 0 ? sum / static_cast<double>(count) : 0.0; }
};

}  // namespace massface
