#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "dataset/dataset.h"
#include "evaluation/held_out_pairs.h"
#include "model/model.h"
#include "pipeline/decoded_images.h"
#include "recipe/recipe.h"

namespace massface {

// What all phases of a run share, made from its recipe.
struct TrainingSetup {
  Recipe recipe;
  at::Device device = at::kCPU;
  int64_t threads = 1;
  bool bf16 = false;
  bool step_graph = false;
  std::shared_ptr<const Dataset> whole;          // as it lies on the disk
  std::shared_ptr<const Dataset> training;       // without the held-out identities
  std::shared_ptr<const Dataset> held_out;       // null when validation.identities is 0
  std::vector<IndexPair> validation_pairs;       // of held_out
  Model model;                                   // on the device
  std::shared_ptr<const DecodedImages> decoded;  // of `training`, where its bytes are kept on the device; or null
  std::vector<int64_t> steps_of_phase;           // what each phase's steps or epochs come to

  uint64_t seed_of_phase(int64_t phase_index) const;

  // What a bit-exact continuation depends on besides the recipe and the step.
  std::map<std::string, std::string> conditions() const;
};

// Opens the data set, holds out its validation identities, chooses the device, sets the threads and makes the model.
// steps_of_phase and decoded are left empty: see make_training_setup() (train/make_training_setup.h). Throws Error for
// what is wrong with any of these.
//
// initial_weights: whether to load recipe.from. A resumed run takes its weights from its checkpoint, and the file it
// once began from may be gone.
TrainingSetup open_training_setup(const Recipe& recipe, bool initial_weights);

}  // namespace massface
