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
  double final_loss = 0;  // mean over at most the last 50 steps
  double seconds = 0;     // steps only, without checkpoints and validation
  double images_per_second = 0;
  double data_wait_fraction = 0;  // of `seconds`
};

struct TrainingResult {
  std::string status;  // "finished", or "stopped" by a signal
  int64_t global_step = 0;
  std::vector<PhaseResult> phases;
  double validation_accuracy = -1;  // of the result of the newest phase; -1 if nothing is held out
  int64_t bad_images = 0;           // number of unreadable images that the run met
  // How this process spent its time, in seconds.
  double seconds = 0;            // in total, including the steps
  double data_wait_seconds = 0;  // of steps waiting for their batch, including the first step of an epoch
  double start_seconds = 0;  // before each phase's first step: making its loader and optimizer, reading a checkpoint
  double checkpoint_seconds = 0;
  double validation_seconds = 0;
  double communication_seconds = 0;  // waiting for messages of other processes, including those that came late

  // The fraction of the time that is neither steps nor validation and could be saved: waiting, starting, checkpoints.
  double overhead_fraction() const {
    return seconds > 0 ? (data_wait_seconds + start_seconds + checkpoint_seconds) / seconds : 0;
  }
};

struct ResumeOptions {
  bool resume = false;
  bool allow_inexact = false;
};

// Trains all phases of the setup's recipe into the run directory, starting from its newest checkpoint when resuming.
// Returns early, after writing a checkpoint, on a signal that StopSignal handles. Throws Error for mistakes that the
// user can correct, and Failure if the loss is not finite or the last checkpoint could not be written; earlier
// checkpoints are kept.
TrainingResult train(TrainingSetup setup, const LockedRun& run, ResumeOptions resume);

}  // namespace massface
