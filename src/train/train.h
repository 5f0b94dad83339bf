#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "recipe/training_setup.h"
#include "train/run_directory.h"

namespace massface {

struct PhaseResult {
  std::string name;
  int64_t steps = 0;      // trained by this process
  double final_loss = 0;  // mean over its last 50 steps at most
  double seconds = 0;     // steps alone; checkpoints and validation are not in it
  double images_per_second = 0;
  double data_wait_fraction = 0;  // of `seconds`
};

struct TrainingResult {
  std::string status;  // "finished", or "stopped" by a signal
  int64_t global_step = 0;
  std::vector<PhaseResult> phases;
  double validation_accuracy = -1;  // of the newest checkpoint; -1 where nothing is held out
  int64_t bad_images = 0;           // unreadable ones met by the run
  // Where this process's time went that was not spent on steps.
  double seconds = 0;            // in all, the steps too
  double data_wait_seconds = 0;  // steps that waited for their batch, the first of an epoch like any other
  double start_seconds = 0;      // before the first step of each phase: its loader and optimizer, a checkpoint read
  double checkpoint_seconds = 0;
  double validation_seconds = 0;

  // What is neither a step nor validation and could be saved: waiting, starting, checkpoints.
  double overhead_fraction() const {
    return seconds > 0 ? (data_wait_seconds + start_seconds + checkpoint_seconds) / seconds : 0;
  }
};

struct ResumeOptions {
  bool resume = false;
  bool allow_inexact = false;
};

// Trains all phases of the setup's recipe into the run directory, from its newest checkpoint when resuming. Returns
// early, with a checkpoint written, on SIGINT and SIGTERM. Throws Error for what the user can mend, and Failure when
// the loss is not finite or the last checkpoint could not be written; the checkpoints before stay.
TrainingResult train(TrainingSetup setup, const RunDirectory& run, ResumeOptions resume);

}  // namespace massface
