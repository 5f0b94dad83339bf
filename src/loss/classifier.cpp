#include "loss/classifier.h"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>

#include "core/error.h"
#include "loss/adaface_loss.h"
#include "loss/arcface_loss.h"
#include "loss/cosface_loss.h"
#include "loss/softmax_loss.h"
#include "loss/sphereface_loss.h"
#include "loss/split_cross_entropy.h"

namespace massface {
namespace {

constexpr std::string_view kScaleAndMargin[] = {
    "scale",       "margin",          "scale_warmup_steps", "initial_scale", "margin_warmup_steps",
    "sample_rate", "label_smoothing", "sub_centers"};
constexpr std::string_view kScaleMarginAndNorm[] = {
    "scale",       "margin",          "scale_warmup_steps", "initial_scale",      "margin_warmup_steps",
    "sample_rate", "label_smoothing", "sub_centers",        "norm_concentration", "norm_rate"};
constexpr std::string_view kMarginAndLambda[] = {"margin",     "lambda_start", "lambda_decay",
                                                 "lambda_end", "sample_rate",  "label_smoothing"};
constexpr std::string_view kCommon[] = {"sample_rate", "label_smoothing"};

struct Entry {
  std::string_view name;
  std::shared_ptr<Classifier> (*make)(const ClassifierOptions&, const ClassifierRows&, int64_t embedding_size,
                                      uint64_t seed);
  std::span<const std::string_view> options;  // the ClassifierOptions that it reads
  bool has_cosines;
};

constexpr std::array kClassifiers = {
    Entry{"softmax", make_softmax, kCommon, false},
    Entry{"cosface", make_cosface, kScaleAndMargin, true},
    Entry{"arcface", make_arcface, kScaleAndMargin, true},
    Entry{"adaface", make_adaface, kScaleMarginAndNorm, true},
    Entry{"sphereface", make_sphereface, kMarginAndLambda, true},
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
  const ActiveRows active = rows_.active(labels, step);
  const ClassifierLogits output = logits(embeddings.to(type), active, step);
  if (!rows_.are_all_here()) return split_cross_entropy(output, active, label_smoothing_, rows_.processes());
  const Tensor column = active.column.squeeze(1);
  const Tensor right = output.plain.detach().argmax(1) == column;
  const Tensor loss = at::cross_entropy_loss(output.with_margin, column, /*weight=*/{}, at::Reduction::Mean,
                                             /*ignore_index=*/-100, label_smoothing_);
  return {.loss = loss, .accuracy = right.to(at::kFloat).mean()};
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

bool classifier_has_cosines(const std::string& classifier) { return entry_of(classifier).has_cosines; }

std::shared_ptr<Classifier> make_classifier(const std::string& name, const ClassifierOptions& options,
                                            int64_t num_identities, int64_t embedding_size, uint64_t seed,
                                            std::shared_ptr<Processes> processes) {
  const ClassifierRows rows(num_identities, options.sample_rate, seed, std::move(processes));
  const auto classifier = entry_of(name).make(options, rows, embedding_size, seed);
  classifier->smooth_labels(options.label_smoothing);
  return classifier;
}

}  // namespace massface
