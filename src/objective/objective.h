#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/tensor.h"
#include "dataset/dataset.h"
#include "distributed/processes.h"
#include "mining/triplets.h"
#include "objective/objective_options.h"
#include "sampling/sampler.h"
#include "sampling/similar_identities.h"
#include "telemetry/step_report.h"
#include "tensor_file/safetensors.h"

namespace massface {

// The inputs of a step's loss, besides the embeddings.
struct LossRequest {
  Tensor labels;     // int64 [B], identities of the dataset
  Tensor images;     // int64 [B] on the CPU, the images' numbers in it; may be undefined without mining.memory
  int64_t step = 0;  // of the phase, from 0
  // Those that share the batch; every one has all its embeddings.
  std::shared_ptr<Processes> processes = single_process();
  // Positions in the batch, selected beforehand from a pool. If absent, a triplet loss selects its own triplets.
  std::optional<Triplets> triplets;
};

// Statistics of a step's loss; see StepReport.
struct ObjectiveReport {
  std::optional<double> accuracy;  // of a classifier on the batch
  std::optional<TripletReport> triplet;
  std::optional<PairReport> pairs;
  std::vector<std::pair<std::string, double>> loss_parts;
};

// The result of computing the loss of one step.
struct ObjectiveOutput {
  // Scalar, differentiable: this process's share. The shares add up to the loss of the batch, and their gradients to
  // its gradient.
  Tensor loss;
  // Of the whole batch; called by all processes. Waits for the device, so it is called after all work of the step has
  // been enqueued there. Reads memory that a recorded step overwrites at each replay; keeps no part of the autograd
  // graph alive. Throws Failure that names what is not finite.
  std::function<ObjectiveReport()> report;
};

// Defines a kind of phase: how it draws batches, and what it minimises.
class Objective {
 public:
  virtual ~Objective() = default;

  // neighbours: empty, or for a triplet loss the similar identities of each identity (batch.similar_identities).
  virtual std::unique_ptr<Sampler> make_sampler(const Dataset& dataset, uint64_t seed,
                                                const IdentityNeighbours& neighbours) const = 0;

  // embeddings: float [B, D], the network's output without normalisation, on the device of the request's tensors.
  virtual ObjectiveOutput loss(const Tensor& embeddings, const LossRequest& request) = 0;

  // Returns true if the network learns in this epoch of the phase (from 0), false if only parameters() learn.
  virtual bool network_learns(int64_t /*epoch*/) const { return true; }

  // Steps with the same number compute the same function of embeddings and labels, so they can share one recording
  // (train/step_graph.h). nullopt: this step cannot share one, because it draws random numbers or something warms up.
  virtual std::optional<int64_t> kind_of_step(int64_t /*step*/) const { return 0; }

  // The parameters learned besides the network's, by name (a classifier's weight), on the device of the objective. They
  // have a row for each identity, and each process holds the rows of its share of the identities
  // (distributed/shares.h): their gradients are complete without those of the others.
  virtual std::vector<std::pair<std::string, Tensor>> parameters() const { return {}; }

  // What follows the batches without a gradient, by name, such as a classifier's averages: the same in all processes.
  virtual std::vector<std::pair<std::string, Tensor>> buffers() const { return {}; }
};

// The names of all registered kinds of phases. A new kind is one file and one line in objective.cpp; every
// classification loss (loss/classifier.h) is a kind of its own.
std::vector<std::string> objective_names();

// Returns true if the loss is computed on triplets, which may be selected from a pool. loss: one of objective_names().
bool is_triplet_loss(const std::string& loss);

// Returns true if its batches consist of P identities with K images each, false if they are drawn from all images.
bool draws_identities(const std::string& loss);

// The group of the phase options that only this loss reads, such as "joint"; "" if it has none.
std::string option_group_of(const std::string& loss);

// Returns the name of the classification loss whose classifier the objective trains (loss/classifier.h); "" if it has
// none.
std::string classifier_of(const ObjectiveOptions& options);

// Creates the objective that options.loss names. seed determines its initial parameters and random choices. processes:
// those that share its parameters. Throws Error for options that the objective cannot work with.
std::unique_ptr<Objective> make_objective(const ObjectiveOptions& options, int64_t embedding_size,
                                          int64_t num_identities, at::Device device, uint64_t seed,
                                          std::shared_ptr<Processes> processes = single_process());

}  // namespace massface
