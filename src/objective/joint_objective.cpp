#include "objective/joint_objective.h"

#include "objective/classification_objective.h"

namespace massface {

void JointOptions::describe(OptionTable& table) {
  table.add("weight", weight, {.min = 1e-6, .max = 1e6},
            "Weight by which the classification loss of a joint phase is multiplied before it is added to the triplet "
            "loss.");
  table.add_choice("classifier", classifier, classifier_names(), "The classification loss of a joint phase.");
  table.add("classifier_only_epochs", classifier_only_epochs, {.min = 0, .max = 1e6},
            "Number of epochs at the start of a joint phase in which only its classifier learns: the gradients of a "
            "newly initialised classifier would spoil a trained network. The phase must be longer than this.");
}

JointObjective::JointObjective(std::unique_ptr<Objective> triplet, std::shared_ptr<Classifier> classifier,
                               const JointOptions& options)
    : triplet_(std::move(triplet)), classifier_(std::move(classifier)), options_(options) {}

std::unique_ptr<Sampler> JointObjective::make_sampler(const Dataset& dataset, uint64_t seed,
                                                      const IdentityNeighbours& neighbours) const {
  return triplet_->make_sampler(dataset, seed, neighbours);
}

ObjectiveOutput JointObjective::loss(const Tensor& embeddings, const LossRequest& request) {
  const ObjectiveOutput triplet = triplet_->loss(embeddings, request);
  const LossOutput classification = classifier_->forward(embeddings, request.labels, request.step);
  return {.loss = triplet.loss + options_.weight * classification.loss,
          .report = [report_triplet = triplet.report, triplet_loss = triplet.loss.detach(),
                     classification_loss = classification.loss.detach(), accuracy = classification.accuracy,
                     processes = request.processes] {
            ObjectiveReport report = report_triplet();
            const auto sums = sum_of(*processes, {accuracy, triplet_loss, classification_loss});
            report.accuracy = sums[0];
            report.loss_parts = {{"triplet", sums[1]}, {"classification", sums[2]}};
            return report;
          }};
}

std::optional<int64_t> JointObjective::kind_of_step(int64_t step) const {
  if (!classifier_->is_settled(step)) return std::nullopt;
  return triplet_->kind_of_step(step);
}

std::vector<std::pair<std::string, Tensor>> JointObjective::parameters() const {
  return classifier_parameters(*classifier_);
}

std::vector<std::pair<std::string, Tensor>> JointObjective::buffers() const {
  auto list = classifier_buffers(*classifier_);
  for (auto& buffer : triplet_->buffers()) list.push_back(std::move(buffer));
  return list;
}

}  // namespace massface
