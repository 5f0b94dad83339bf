#pragma once

#include <cstdint>
#include <string>

#include "core/options.h"
#include "loss/classifier_options.h"
#include "loss/pair_loss.h"
#include "loss/triplet_loss_options.h"
#include "mining/mining_options.h"
#include "objective/joint_options.h"
#include "sampling/identity_sampler.h"

namespace massface {

// The contents of a batch: `size` shuffled images for a classifier, `identities` x `images_per_identity` for triplets.
struct BatchOptions {
  int64_t size = 64;
  int64_t sub_batch = 0;  // images whose activations are held at a time; 0: the whole batch
  IdentitySamplerOptions by_identity;

  void describe(OptionTable& table);
};

// All options of objectives. Each objective reads the members that its header names; PhaseOptions
// (recipe/phase_options.h) describes all of them.
struct ObjectiveOptions {
  std::string loss = "softmax";  // one of objective_names()
  BatchOptions batch;
  ClassifierOptions classifier;
  TripletLossOptions triplet;
  MiningOptions mining;
  JointOptions joint;
  MultiSimilarityOptions multi_similarity;
  SupConOptions supcon;
};

}  // namespace massface
