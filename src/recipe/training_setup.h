#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "dataset/dataset.h"
#include "distributed/processes.h"
#include "evaluation/held_out_pairs.h"
#include "model/model.h"
#include "pipeline/decoded_images.h"
#include "recipe/recipe.h"
#include "recipe/teacher.h"
#include "recipe/verification_sets.h"

namespace massface {

// The state that all phases of a run share, created from its recipe.
struct TrainingSetup {
  Recipe recipe;
  std::shared_ptr<Processes> processes = single_process();  // that train together, each with a setup of its own
  at::Device device = at::kCPU;
  int64_t threads = 1;
  bool bf16 = false;
  bool step_graph = false;
  std::shared_ptr<const Dataset> whole;     // as stored on disk
  std::shared_ptr<const Dataset> training;  // without the held-out identities
  std::shared_ptr<const Dataset> held_out;  // null if validation.identities is 0
  std::vector<IndexPair> validation_pairs;  // of held_out
  std::vector<OpenedVerification> verifications;
  Model model;                                   // on the device
  std::vector<std::optional<Teacher>> teachers;  // of each phase
  std::shared_ptr<const DecodedImages> decoded;  // `training`, decoded on the device; null if it is not kept there
  std::vector<int64_t> steps_of_phase;           // number of steps of each phase, from its steps or epochs

  // Returns whether checkpoints are measured, on held-out people or on validation.set.
  bool is_validated() const { return held_out != nullptr || validation_set() != nullptr; }
  // The set that validation.set names; null if it names none.
  const OpenedVerification* validation_set() const;

  uint64_t seed_of_phase(int64_t phase_index) const;

  // Returns, by name, what a bit-exact resume depends on besides the recipe and the step.
  std::map<std::string, std::string> conditions() const;
};

// Opens the data set, holds out its validation identities, chooses the device, sets the number of threads and creates
// the model. steps_of_phase and decoded are left empty: see make_training_setup() (train/make_training_setup.h). Throws
// Error if any of these is wrong.
//
// initial_weights: whether to load recipe.from. A resumed run takes its weights from its checkpoint, and the file that
// it once started from may be gone.
TrainingSetup open_training_setup(const Recipe& recipe, bool initial_weights,
                                  std::shared_ptr<Processes> processes = single_process());

}  // namespace massface
