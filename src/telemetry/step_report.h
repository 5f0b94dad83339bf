#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "loss/triplet_statistics.h"

namespace massface {

// The cross-batch memory that a step's pool was extended by.
struct MemoryReport {
  int64_t size = 0;  // embeddings
  double drift = 0;  // mean squared L2 between those of images of the batch and their embeddings now; NaN: none is held
};

// Statistics of a step that only a triplet phase has. Distances are squared L2 between unit embeddings.
struct TripletReport {
  int64_t selected = 0;
  int64_t active = 0;  // loss > 0
  // The fraction of all triplets of the pool that violate; NaN if only a listed part of them is known.
  double violating_fraction = 0;
  double mean_d_positive = 0;     // d(a, p) over the selected triplets
  double mean_d_negative = 0;     // d(a, n)
  double mean_d_pool = 0;         // over all pairs of the batch, i != j
  DistanceHistogram to_positive;  // over the selected triplets
  DistanceHistogram to_negative;
  std::optional<MemoryReport> memory;
  double mining_milliseconds = 0;  // selection and loss, without the backward pass; NaN on a GPU: not measured

  double active_fraction() const { return selected > 0 ? static_cast<double>(active) / selected : 0.0; }
};

// Statistics of a step whose loss is that of the pairs of a batch: means of squared L2 between unit embeddings.
struct PairReport {
  double mean_d_positive = 0;  // over all pairs of one identity
  double mean_d_negative = 0;  // over all other pairs
};

// Statistics of a semi-online pool or an offline round, reported with the first step that is trained from it.
struct PoolReport {
  int64_t number = 0;                 // from 0
  int64_t steps = 0;                  // trained from it
  int64_t images = 0;                 // embedded
  int64_t selected = 0;               // triplets
  int64_t dropped = 0;                // of the selected ones, beyond mining.max_triplets
  double embedding_milliseconds = 0;  // without waiting for images
  double mining_milliseconds = 0;
};

struct StepReport {
  std::string phase;
  int64_t step = 0;         // of the phase, from 1
  int64_t steps = 0;        // of the phase in total
  int64_t global_step = 0;  // of the run, from 1
  double epoch = 0;         // of the phase, fractional
  int64_t images = 0;       // in the global batch
  double loss = 0;
  double learning_rate = 0;
  double gradient_norm = 0;        // before clipping
  double step_seconds = 0;         // the whole step, including waiting for data
  double data_seconds = 0;         // the part of step_seconds spent waiting for data
  std::optional<double> accuracy;  // of the classifier on this batch
  std::optional<TripletReport> triplet;
  std::optional<PairReport> pairs;
  std::optional<PoolReport> pool;
  // If the loss is a weighted sum: its parts by name, before weighting.
  std::vector<std::pair<std::string, double>> loss_parts;
  std::string failure;  // why the step was not taken ("the loss is not finite"); empty if it was
};

}  // namespace massface
