#include "train/objective.h"

#include <functional>

#include "core/error.h"
#include "train/recipe.h"
#include "train/softmax_objective.h"
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

const std::vector<Entry>& registry() {
  static const std::vector<Entry> entries = {
      {"softmax",
       [](const Context& c) {
         return std::make_unique<SoftmaxObjective>(c.options.batch.size, c.num_identities, c.embedding_size, c.device,
                                                   c.seed);
       }},
      {"triplet",
       [](const Context& c) {
         return std::make_unique<TripletObjective>(c.options.batch.by_identity, c.options.triplet);
       }},
  };
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
