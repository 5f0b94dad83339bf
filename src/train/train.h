#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "train/run_directory.h"
#include "train/training_setup.h"

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
  double checkpoint_seconds = 0;
  double validation_seconds = 0;
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
