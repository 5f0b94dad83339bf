#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/options.h"
#include "tensor_file/safetensors.h"

namespace massface {

struct CheckpointOptions {
  int64_t every_steps = 500;
  int64_t keep = 3;  // number of newest checkpoints that are kept, besides the best

  void describe(OptionTable& table);
};

// The position of a run.
struct RunPosition {
  int64_t phase_index = 0;
  std::string phase;        // its name
  int64_t phase_step = 0;   // steps done in it
  int64_t phase_steps = 0;  // its length when the checkpoint was written; 0: unknown
  int64_t global_step = 0;  // steps done in the run
};

// Everything that a run needs to continue.
struct Checkpoint {
  RunPosition position;
  // The conditions of a bit-exact continuation, by name: binary, device, kernels, threads, dataset.
  std::map<std::string, std::string> conditions;
  std::map<std::string, std::string> recipe = {};  // hashes of the recipe's options, by group
  std::optional<double> validation_accuracy;       // of this step; absent until it was measured
  NamedTensors model;                              // as save_model writes it
  NamedTensors training;                           // classifier and optimizer state
};

// A checkpoint as one text of bytes, which the first process of a training tells the others.
std::string to_bytes(const Checkpoint& checkpoint);
Checkpoint checkpoint_of(const std::string& bytes);

// A run's checkpoints folder:
//   checkpoints/step-000000500/{model.safetensors, training.safetensors, state.json}
//   checkpoints/best.json      {"checkpoint": "step-000000500", "validation_accuracy": 0.93}
// A folder under its final name is complete; state.json has the size and hash of the other two.
class CheckpointStore {
 public:
  // Removes what a killed writer left unfinished. If best.json names a checkpoint that no longer exists, the best of
  // the existing checkpoints takes its place.
  CheckpointStore(std::filesystem::path run_directory, CheckpointOptions options);

  // Writes the checkpoint, updates best.json, and removes every checkpoint that is neither among the newest nor the
  // best. An existing checkpoint of the same step is kept as it is, since its content is the same. Throws Failure if it
  // cannot be written (full disk); older checkpoints stay.
  void save(const Checkpoint& checkpoint);

  // Adds the accuracy to the existing checkpoint of that step, which was saved before it was measured, and updates what
  // save() does. Throws Failure if it cannot be written, and Error if the checkpoint is damaged.
  void record_accuracy(int64_t global_step, double accuracy);

  // Returns the newest checkpoint, verified, or nullopt if there is none. Throws Error, which names the damaged file
  // and what to remove.
  std::optional<Checkpoint> newest() const;

  // The global steps of all checkpoints, ascending.
  std::vector<int64_t> steps() const;
  std::filesystem::path folder_of(int64_t global_step) const;

 private:
  void replace_stale_best() const;
  void update_best(int64_t global_step, double accuracy) const;
  void prune() const;

  std::filesystem::path folder_;
  CheckpointOptions options_;
};

}  // namespace massface
