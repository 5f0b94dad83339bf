#include "train/process_load.h"

#include <numeric>

#include "distributed/ring.h"
#include "loss/classifier.h"
#include "objective/objective.h"
#include "optimizer/optimizer.h"

namespace massface {
namespace {

constexpr double kFloat = sizeof(float);

double sum_of_items(const std::vector<ProcessLoad::Item>& items) {
  return std::accumulate(items.begin(), items.end(), 0.0,
                         [](double sum, const ProcessLoad::Item& item) { return sum + item.bytes; });
}

void add_classifier(const LoadFacts& facts, ProcessLoad& load) {
  const auto rows = static_cast<double>((facts.identities + facts.processes - 1) / facts.processes);
  const double row = kFloat * static_cast<double>(facts.embedding_size * facts.sub_centers);
  const double active = facts.sample_rate * rows, slots = static_cast<double>(facts.optimizer_slots);
  load.held.push_back({"the classifier's weights and the optimizer's numbers for them", rows * row * (1 + slots)});
  // A sample is taken out of the weights, and put back by the optimizer with what it keeps.
  const double of_sample = facts.sample_rate < 1 ? 2 + slots : 0;
  const double of_unit_rows = facts.has_cosines ? 2 : 0;
  load.held.push_back({"the gradient of its weights", active * row * (1 + of_sample + of_unit_rows)});
  // Logits, their margins, exponentials and gradients, on average over the losses. The softmax of divided ones is not
  // kept.
  const double copies = facts.has_cosines ? (facts.processes > 1 ? 4 : 5) : (facts.processes > 1 ? 2 : 3);
  const double of_sub_centers = facts.sub_centers > 1 ? 2 * static_cast<double>(facts.sub_centers) : 0;
  load.held.push_back(
      {"logits and their gradients", (copies + of_sub_centers) * kFloat * active * static_cast<double>(facts.images)});
}

}  // namespace

double ProcessLoad::held_bytes() const { return sum_of_items(held); }
double ProcessLoad::sent_bytes() const { return sum_of_items(sent); }

ProcessLoad process_load(const LoadFacts& facts) {
  const auto processes = static_cast<double>(facts.processes), images = static_cast<double>(facts.images);
  const double network = kFloat * static_cast<double>(facts.network_parameters);
  const double travelling = facts.bf16_gradients ? network / 2 : network;
  const double embeddings = kFloat * images * static_cast<double>(facts.embedding_size);
  ProcessLoad load;
  load.held.push_back({"the network's weights and the optimizer's numbers for them",
                       network * (1 + static_cast<double>(facts.optimizer_slots))});
  load.held.push_back({"its gradient", facts.processes > 1 ? network + travelling : network});
  load.held.push_back({"embeddings of the whole batch and their gradient", 2 * embeddings});
  if (facts.average) load.held.push_back({"the moving average of its weights", network});
  if (facts.teacher_parameters > 0) {
    load.held.push_back({"the teacher's weights", kFloat * static_cast<double>(facts.teacher_parameters)});
  }
  if (facts.memory > 0) {
    const double row = kFloat * static_cast<double>(facts.embedding_size) + 16;  // with a label and a number
    load.held.push_back({"the memory of embeddings", row * static_cast<double>(facts.memory)});
  }
  if (facts.identities > 0) add_classifier(facts, load);
  if (facts.processes == 1) return load;

  const auto sum = [&](double bytes) { return ring_sum(facts.processes, bytes).bytes; };
  const auto gather = [&](double own_bytes) { return ring_gather(facts.processes, own_bytes).bytes; };
  load.sent.push_back({"the network's gradient", sum(travelling)});
  load.sent.push_back({"embeddings", gather(embeddings / processes)});
  load.sent.push_back({"their gradient", sum(embeddings)});
  // Labels and image numbers, of eight bytes each, and the lengths of messages.
  load.sent.push_back({"labels", gather(16 * images / processes + 16)});
  if (facts.triplets) load.sent.push_back({"counts of triplets", sum(712)});
  // loss/split_cross_entropy.h
  if (facts.identities > 0) load.sent.push_back({"the classifier's sums", gather(5 * kFloat * images)});
  const double channels = kFloat * static_cast<double>(facts.channels);
  if (facts.share_statistics) load.sent.push_back({"running statistics", sum(2 * channels)});
  if (facts.synchronised) load.sent.push_back({"moments of BatchNorm", gather(4 * channels) + sum(2 * channels)});
  return load;
}

LoadFacts load_facts(const TrainingSetup& setup, int64_t phase_index, int64_t batch_images, int64_t processes) {
  const PhaseOptions& phase = setup.recipe.phases[static_cast<size_t>(phase_index)];
  LoadFacts facts{.processes = processes,
                  .images = batch_images,
                  .embedding_size = setup.model.network->embedding_size(),
                  .optimizer_slots = optimizer_slots(phase.optimizer),
                  .synchronised = phase.batch_norm == "synchronised",
                  .share_statistics = phase.batch_norm == "batch",
                  .triplets = is_triplet_loss(phase.objective.loss),
                  .bf16_gradients = setup.recipe.gradient_compression == "bf16",
                  .sample_rate = phase.objective.classifier.sample_rate,
                  .sub_centers = phase.objective.classifier.sub_centers,
                  .average = phase.ema.decay > 0,
                  .memory = is_triplet_loss(phase.objective.loss) ? phase.objective.mining.memory : 0};
  for (const auto& parameter : setup.model.network->parameters()) facts.network_parameters += parameter.numel();
  if (const auto& teacher = setup.teachers[static_cast<size_t>(phase_index)]) {
    for (const auto& parameter : teacher->model.network->parameters()) facts.teacher_parameters += parameter.numel();
  }
  // A mean and a variance for each channel.
  for (const auto& statistics : setup.model.network->buffers()) facts.channels += statistics.numel() / 2;
  if (const std::string classifier = classifier_of(phase.objective); !classifier.empty()) {
    facts.identities = setup.training->num_identities();
    facts.has_cosines = classifier_has_cosines(classifier);
  }
  return facts;
}

}  // namespace massface
