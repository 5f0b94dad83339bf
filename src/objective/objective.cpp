#include "objective/objective.h"

#include "core/error.h"
#include "objective/classification_objective.h"
#include "objective/joint_objective.h"
#include "objective/triplet_objective.h"

namespace massface {
namespace {

struct Context {
  const ObjectiveOptions& options;
  int64_t embedding_size;
  int64_t num_identities;
  at::Device device;
  uint64_t seed;
  std::shared_ptr<Processes> processes;
};

struct Entry {
  std::string name;
  bool of_triplets;
  std::string option_group;  // of the options that only this objective reads, or ""
  std::string (*classifier)(const ObjectiveOptions&);
  std::unique_ptr<Objective> (*make)(const Context&);
};

std::shared_ptr<Classifier> classifier_for(const Context& c, const std::string& name) {
  auto classifier =
      make_classifier(name, c.options.classifier, c.num_identities, c.embedding_size, c.seed, c.processes);
  classifier->to(c.device);
  return classifier;
}

std::unique_ptr<Objective> triplet_for(const Context& c) {
  return std::make_unique<TripletObjective>(c.options.batch.by_identity, c.options.mining, c.options.triplet, c.seed);
}

std::unique_ptr<Objective> classification_for(const Context& c) {
  return std::make_unique<ClassificationObjective>(classifier_for(c, c.options.loss), c.options.batch.size);
}

std::unique_ptr<Objective> joint_for(const Context& c) {
  return std::make_unique<JointObjective>(triplet_for(c), classifier_for(c, c.options.joint.classifier),
                                          c.options.joint);
}

const std::vector<Entry>& registry() {
  static const std::vector<Entry> entries = [] {
    std::vector<Entry> list;
    for (const std::string& name : classifier_names()) {
      list.push_back({name, false, "", [](const ObjectiveOptions& o) { return o.loss; }, classification_for});
    }
    list.push_back({"triplet", true, "", [](const ObjectiveOptions&) { return std::string(); }, triplet_for});
    list.push_back({"joint", true, "joint", [](const ObjectiveOptions& o) { return o.joint.classifier; }, joint_for});
    return list;
  }();
  return entries;
}

const Entry& entry_of(const std::string& loss) {
  for (const Entry& entry : registry()) {
    if (entry.name == loss) return entry;
  }
  fail("unknown loss '{}'", loss);
}

}  // namespace

std::vector<std::string> objective_names() {
  std::vector<std::string> names;
  for (const Entry& entry : registry()) names.push_back(entry.name);
  return names;
}

bool is_triplet_loss(const std::string& loss) { return entry_of(loss).of_triplets; }

std::string option_group_of(const std::string& loss) { return entry_of(loss).option_group; }

std::string classifier_of(const ObjectiveOptions& options) { return entry_of(options.loss).classifier(options); }

std::unique_ptr<Objective> make_objective(const ObjectiveOptions& options, int64_t embedding_size,
                                          int64_t num_identities, at::Device device, uint64_t seed,
                                          std::shared_ptr<Processes> processes) {
  return entry_of(options.loss).make({options, embedding_size, num_identities, device, seed, std::move(processes)});
}

}  // namespace massface
