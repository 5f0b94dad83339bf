#include "loss/classifier.h"

#include <algorithm>
#include <array>

#include "core/error.h"
#include "loss/arcface_loss.h"
#include "loss/cosface_loss.h"
#include "loss/softmax_loss.h"
#include "loss/sphereface_loss.h"

namespace massface {
namespace {

struct Entry {
  const char* name;
  std::shared_ptr<Classifier> (*make)(const ClassifierOptions&, int64_t num_identities, int64_t embedding_size,
                                      uint64_t seed);
};

constexpr std::array kClassifiers = {
    Entry{"softmax", make_softmax},
    Entry{"cosface", make_cosface},
    Entry{"arcface", make_arcface},
    Entry{"sphereface", make_sphereface},
};

}  // namespace

LossOutput Classifier::forward(const Tensor& embeddings, const Tensor& labels, int64_t step) const {
  const c10::impl::ExcludeDispatchKeyGuard no_autocast(c10::autocast_dispatch_keyset);
  const auto type = parameters().front().scalar_type();
  const ClassifierLogits output = logits(embeddings.to(type), labels, step);
  const Tensor right = output.plain.detach().argmax(1) == labels;
  return {.loss = at::cross_entropy_loss(output.with_margin, labels), .accuracy = right.to(at::kFloat).mean()};
}

std::vector<std::string> classifier_names() {
  std::vector<std::string> names;
  for (const Entry& entry : kClassifiers) names.emplace_back(entry.name);
  return names;
}

std::shared_ptr<Classifier> make_classifier(const std::string& name, const ClassifierOptions& options,
                                            int64_t num_identities, int64_t embedding_size, uint64_t seed) {
  require(num_identities >= 2, "a classifier of {} identities has nothing to tell apart; it needs at least two",
          num_identities);
  const auto entry = std::ranges::find(kClassifiers, name, [](const Entry& e) { return std::string(e.name); });
  check(entry != kClassifiers.end(), "the classifier is a described choice");
  return entry->make(options, num_identities, embedding_size, seed);
}

}  // namespace massface
