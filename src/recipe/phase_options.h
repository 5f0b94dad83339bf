#pragma once

#include <cstdint>
#include <string>

#include "core/options.h"
#include "objective/objective_options.h"
#include "optimizer/learning_rate_schedule.h"
#include "optimizer/optimizer.h"

namespace massface {

// Where a phase's classifier comes from, and whether it is kept at the end.
struct ClassifierHandover {
  bool from_previous_phase = false;
  bool keep = true;

  void describe(OptionTable& table);
};

// The moving average of the weights, which then is what the phase results in.
struct EmaOptions {
  double decay = 0;

  void describe(OptionTable& table);
};

// When a phase ends before its last step.
struct EarlyStoppingOptions {
  int64_t patience = 0;

  void describe(OptionTable& table);
};

// The network that a phase learns from besides its loss (train/distillation.h).
struct DistillOptions {
  std::string teacher;
  double weight = 1;

  void describe(OptionTable& table);
};

// The most steps of a phase, given as such or as epochs.
inline constexpr int64_t kMostSteps = 1'000'000'000;

struct PhaseOptions {
  std::string name;
  ObjectiveOptions objective;
  int64_t epochs = 0;  // either epochs or steps is above 0
  int64_t steps = 0;
  std::string batch_norm = "batch";
  OptimizerOptions optimizer;
  ScheduleOptions schedule;
  ClassifierHandover handover;
  std::string result = "auto";
  EmaOptions ema;
  EarlyStoppingOptions early_stopping;
  DistillOptions distill;

  void describe(OptionTable& table);
};

}  // namespace massface
