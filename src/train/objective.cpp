#include "train/objective.h"

#include <functional>

#include "core/error.h"
#include "train/classification_objective.h"
#include "train/joint_objective.h"
#include "train/recipe.h"
#include "train/triplet_objective.h"

namespace massface {
namespace {

struct Context {
  const PhaseOptions& options;
  int64_t embedding_size;
  int64_t num_identities;
  at::Device device;
  uint64_t seed;
};

struct Entry {
  std::string name;
  std::function<std::unique_ptr<Objective>(const Context&)> make;
};

std::shared_ptr<Classifier> classifier_for(const Context& c, const std::string& name) {
  auto classifier = make_classifier(name, c.options.classifier, c.num_identities, c.embedding_size, c.seed);
  classifier->to(c.device);
  return classifier;
}

std::unique_ptr<Objective> triplet_for(const Context& c) {
  return std::make_unique<TripletObjective>(c.options.batch.by_identity, c.options.mining, c.options.triplet, c.seed);
}

const std::vector<Entry>& registry() {
  static const std::vector<Entry> entries = [] {
    std::vector<Entry> list;
    for (const std::string& name : classifier_names()) {
      list.push_back({name, [name](const Context& c) {
                        return std::make_unique<ClassificationObjective>(classifier_for(c, name), c.options.batch.size);
                      }});
    }
    list.push_back({"triplet", triplet_for});
    list.push_back({"joint", [](const Context& c) {
                      return std::make_unique<JointObjective>(
                          triplet_for(c), classifier_for(c, c.options.joint.classifier), c.options.joint);
                    }});
    return list;
  }();
  return entries;
}

}  // namespace

std::vector<std::string> objective_names() {
  std::vector<std::string> names;
  for (const Entry& entry : registry()) names.push_back(entry.name);
  return names;
}

std::unique_ptr<Objective> make_objective(const PhaseOptions& options, int64_t embedding_size, int64_t num_identities,
                                          at::Device device, uint64_t seed) {
  for (const Entry& entry : registry()) {
    if (entry.name == options.loss) return entry.make({options, embedding_size, num_identities, device, seed});
  }
  fail("unknown loss '{}'", options.loss);
}

}  // namespace massface
