#pragma once

#include <cstdint>

#include "core/options.h"

namespace massface {

// The options of the classification losses. Each loss uses those that its header lists.
struct ClassifierOptions {
  double scale = 64;   // s
  double margin = -1;  // m; -1: the loss's own default
  int64_t scale_warmup_steps = 0;
  double initial_scale = 8;
  int64_t margin_warmup_steps = 0;
  double lambda_start = 1000;
  double lambda_decay = 0.12;
  double lambda_end = 5;
  double sample_rate = 1;
  double label_smoothing = 0;
  int64_t sub_centers = 1;  // K
  double norm_concentration = 0.333;
  double norm_rate = 0.01;

  void describe(OptionTable& table);
};

// s and m at a step of the phase, counted from 0. Each grows linearly over its warm-up, s from initial_scale and m from
// 0, and then stays at its full value.
double scale_at(const ClassifierOptions& options, int64_t step);
double margin_at(const ClassifierOptions& options, double margin, int64_t step);
// Returns true if both are at their full value.
bool warm_up_is_over(const ClassifierOptions& options, int64_t step);

// Throws Error for a scale that makes all logits equal, and for a warm-up in which the scale would fall.
void require_possible_scale(const ClassifierOptions& options);

// Returns max(lambda_end, lambda_start / (1 + lambda_decay * step)), the annealing of SphereFace's authors (their
// solver's base, gamma and lambda_min, with a power of 1).
double lambda_at(const ClassifierOptions& options, int64_t step);

}  // namespace massface
