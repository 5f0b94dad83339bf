#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "recipe/training_setup.h"

namespace massface {

// The sizes of a phase that determine what its processes hold and send.
struct LoadFacts {
  int64_t processes = 1;
  int64_t images = 0;  // of the whole batch
  int64_t embedding_size = 0;
  int64_t network_parameters = 0;
  int64_t channels = 0;           // that BatchNorm normalises
  int64_t optimizer_slots = 1;    // numbers that the optimizer keeps for each parameter
  bool synchronised = false;      // BatchNorm
  bool share_statistics = false;  // BatchNorm of each share, whose running statistics are averaged
  bool triplets = false;
  bool bf16_gradients = false;  // on the wire
  int64_t identities = 0;       // that a classifier tells apart; 0: none
  bool has_cosines = false;     // a classifier of cosines: it keeps unit rows, and logits before and after their margin
  double sample_rate = 1;
  int64_t sub_centers = 1;  // rows of an identity
  bool average = false;     // of the network's weights
  int64_t teacher_parameters = 0;
  int64_t memory = 0;  // embeddings of earlier steps
};

// The bytes that one process of a training holds in memory beside the activations of its images, and those that it
// sends to the others in a step, by what they are for. For the process with the largest share.
struct ProcessLoad {
  struct Item {
    std::string name;
    double bytes = 0;
  };
  std::vector<Item> held;
  std::vector<Item> sent;  // what leaves the process if the collectives are rings

  double held_bytes() const;
  double sent_bytes() const;
};

ProcessLoad process_load(const LoadFacts& facts);

// Returns the facts of a phase in this many processes.
LoadFacts load_facts(const TrainingSetup& setup, int64_t phase_index, int64_t batch_images, int64_t processes);

}  // namespace massface
