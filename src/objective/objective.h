#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/tensor.h"
#include "dataset/dataset.h"
#include "mining/triplets.h"
#include "objective/objective_options.h"
#include "sampling/sampler.h"
#include "sampling/similar_identities.h"
#include "telemetry/step_report.h"
#include "tensor_file/safetensors.h"

namespace massface {

// What a step's loss is asked for, besides the embeddings.
struct LossRequest {
  Tensor labels;     // int64 [B], identities of the dataset
  int64_t step = 0;  // of the phase, from 0
  // Positions in the batch that a pool has selected beforehand; a triplet loss selects for itself where there are none.
  std::optional<Triplets> triplets;
};

// What a step's loss has to tell; see StepReport.
struct ObjectiveReport {
  std::optional<double> accuracy;  // of a classifier on the batch
  std::optional<TripletReport> triplet;
  std::vector<std::pair<std::string, double>> loss_parts;
};

// What one step's loss says.
struct ObjectiveOutput {
  Tensor loss;  // scalar, differentiable
  // Waits for the device: asked for when all of the step has been sent there. Reads memory that a recorded step writes
  // anew each time it is taken; holds no part of the graph of gradients. Throws Failure that says what was not finite.
  std::function<ObjectiveReport()> report;
};

// What distinguishes one kind of phase from another: how it draws batches, and what it minimises.
class Objective {
 public:
  virtual ~Objective() = default;

  // neighbours: empty, or for a triplet loss who looks like whom (batch.similar_identities).
  virtual std::unique_ptr<Sampler> make_sampler(const Dataset& dataset, uint64_t seed,
                                                const IdentityNeighbours& neighbours) const = 0;

  // embeddings: float [B, D] as the network gives them, not normalised, on the device of the request's tensors.
  virtual ObjectiveOutput loss(const Tensor& embeddings, const LossRequest& request) = 0;

  // Whether the network learns in this epoch of the phase (from 0), or only parameters().
  virtual bool network_learns(int64_t /*epoch*/) const { return true; }

  // Steps of one number compute the same function of embeddings and labels, so that one recorded step serves them
  // (train/step_graph.h). nullopt: this step is like no other, since it draws or since something warms up.
  virtual std::optional<int64_t> kind_of_step(int64_t /*step*/) const { return 0; }

  // What it learns besides the network, by name (a classifier's weight); on the device it was made for.
  virtual std::vector<std::pair<std::string, Tensor>> parameters() const { return {}; }
};

// The registry: a new kind of phase is one file and one line in objective.cpp; every classification loss is one
// (loss/classifier.h).
std::vector<std::string> objective_names();

// Whether the loss is one of triplets: it draws batches of P identities with K images each, and a pool may select its
// triplets. loss: one of objective_names().
bool is_triplet_loss(const std::string& loss);

// Name of the classification loss whose classifier the objective trains (loss/classifier.h); "" if it has none.
std::string classifier_of(const ObjectiveOptions& options);

// Makes the objective that options.loss names. seed decides what it initialises. Throws Error for options that the
// objective cannot work with.
std::unique_ptr<Objective> make_objective(const ObjectiveOptions& options, int64_t embedding_size,
                                          int64_t num_identities, at::Device device, uint64_t seed);

}  // namespace massface
