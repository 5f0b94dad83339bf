#include "loss/classifier.h"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>

#include "core/error.h"
#include "loss/arcface_loss.h"
#include "loss/cosface_loss.h"
#include "loss/softmax_loss.h"
#include "loss/sphereface_loss.h"

namespace massface {
namespace {

constexpr std::string_view kScaleAndMargin[] = {"scale", "margin", "scale_warmup_steps", "initial_scale",
                                                "margin_warmup_steps"};
constexpr std::string_view kMarginAndLambda[] = {"margin", "lambda_start", "lambda_decay", "lambda_end"};

struct Entry {
  std::string_view name;
  std::shared_ptr<Classifier> (*make)(const ClassifierOptions&, int64_t num_identities, int64_t embedding_size,
                                      uint64_t seed);
  std::span<const std::string_view> options;  // the ClassifierOptions that it reads
};

constexpr std::array kClassifiers = {
    Entry{"softmax", make_softmax, {}},
    Entry{"cosface", make_cosface, kScaleAndMargin},
    Entry{"arcface", make_arcface, kScaleAndMargin},
    Entry{"sphereface", make_sphereface, kMarginAndLambda},
};

const Entry& entry_of(const std::string& name) {
  const auto entry = std::ranges::find(kClassifiers, name, &Entry::name);
  check(entry != kClassifiers.end(), "the classifier is a described choice");
  return *entry;
}

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

bool classifier_uses(const std::string& classifier, const std::string& option) {
  const auto options = entry_of(classifier).options;
  return std::ranges::find(options, option) != options.end();
}

std::shared_ptr<Classifier> make_classifier(const std::string& name, const ClassifierOptions& options,
                                            int64_t num_identities, int64_t embedding_size, uint64_t seed) {
  require(num_identities >= 2, "a classifier of {} identities has nothing to tell apart; it needs at least two",
          num_identities);
  return entry_of(name).make(options, num_identities, embedding_size, seed);
}

}  // namespace massface
