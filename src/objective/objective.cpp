#include "objective/objective.h"

#include "core/error.h"
#include "objective/classification_objective.h"
#include "objective/joint_objective.h"
#include "objective/pair_objective.h"
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

// What the loss of a batch is made of. All but images come in batches of P identities with K images each.
enum class Of { kImages, kPairs, kTriplets };

struct Entry {
  std::string name;
  Of of;
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
  require(c.options.mining.memory == 0 || c.device.is_cpu(),
          "mining.memory is {}, which is not available on a GPU yet; set it to 0", c.options.mining.memory);
  return std::make_unique<TripletObjective>(c.options.batch.by_identity, c.options.mining, c.options.triplet,
                                            c.embedding_size, c.seed);
}

std::unique_ptr<Objective> classification_for(const Context& c) {
  return std::make_unique<ClassificationObjective>(classifier_for(c, c.options.loss), c.options.batch.size);
}

std::unique_ptr<Objective> joint_for(const Context& c) {
  return std::make_unique<JointObjective>(triplet_for(c), classifier_for(c, c.options.joint.classifier),
                                          c.options.joint);
}

std::unique_ptr<Objective> multi_similarity_for(const Context& c) {
  return std::make_unique<PairObjective>(c.options.batch.by_identity,
                                         [options = c.options.multi_similarity](const AnchorPairs& pairs) {
                                           return multi_similarity_loss(pairs, options);
                                         });
}

std::unique_ptr<Objective> supcon_for(const Context& c) {
  return std::make_unique<PairObjective>(
      c.options.batch.by_identity,
      [options = c.options.supcon](const AnchorPairs& pairs) { return supcon_loss(pairs, options); });
}

std::string no_classifier(const ObjectiveOptions&) { return ""; }

const std::vector<Entry>& registry() {
  static const std::vector<Entry> entries = [] {
    std::vector<Entry> list;
    for (const std::string& name : classifier_names()) {
      list.push_back({name, Of::kImages, "", [](const ObjectiveOptions& o) { return o.loss; }, classification_for});
    }
    list.push_back({"triplet", Of::kTriplets, "", no_classifier, triplet_for});
    list.push_back({"multi_similarity", Of::kPairs, "multi_similarity", no_classifier, multi_similarity_for});
    list.push_back({"supcon", Of::kPairs, "supcon", no_classifier, supcon_for});
    list.push_back(
        {"joint", Of::kTriplets, "joint", [](const ObjectiveOptions& o) { return o.joint.classifier; }, joint_for});
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

bool is_triplet_loss(const std::string& loss) { return entry_of(loss).of == Of::kTriplets; }

bool draws_identities(const std::string& loss) { return entry_of(loss).of != Of::kImages; }

std::string option_group_of(const std::string& loss) { return entry_of(loss).option_group; }

std::string classifier_of(const ObjectiveOptions& options) { return entry_of(options.loss).classifier(options); }

std::unique_ptr<Objective> make_objective(const ObjectiveOptions& options, int64_t embedding_size,
                                          int64_t num_identities, at::Device device, uint64_t seed,
                                          std::shared_ptr<Processes> processes) {
  return entry_of(options.loss).make({options, embedding_size, num_identities, device, seed, std::move(processes)});
}

}  // namespace massface
