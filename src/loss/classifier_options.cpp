#include "loss/classifier_options.h"

#include <algorithm>

#include "core/error.h"

namespace massface {
namespace {

double linear(double from, double to, int64_t warmup_steps, int64_t step) {
  if (step >= warmup_steps) return to;
  return from + (to - from) * static_cast<double>(step) / static_cast<double>(warmup_steps);
}

}  // namespace

void ClassifierOptions::describe(OptionTable& table) {
  table.add(
      "scale", scale, {.min = 1, .max = 1000},
      "Factor of the cosines before the softmax (cosface, arcface, adaface). Use less for fewer identities and shorter "
      "trainings.");
  table.add(
      "margin", margin, {.min = -1, .max = 4},
      "How much harder the right identity is made: subtracted from its cosine (cosface: 0 to 1, 0.35 in the paper), "
      "added to its angle in radians (arcface: 0 to pi / 2, 0.5), either of them by the image's quality (adaface: "
      "0.4), or an integer that multiplies its angle (sphereface: 1 to 4, 4). -1: the value in the paper.");
  table.add("scale_warmup_steps", scale_warmup_steps, {.min = 0, .max = 1e9},
            "Number of steps over which the scale grows linearly from initial_scale (cosface, arcface, adaface).");
  table.add("initial_scale", initial_scale, {.min = 1, .max = 1000},
            "The scale at the start of its warm-up; at most scale.");
  table.add("margin_warmup_steps", margin_warmup_steps, {.min = 0, .max = 1e9},
            "Number of steps over which the margin grows linearly from 0 (cosface, arcface, adaface).");
  table.add(
      "lambda_start", lambda_start, {.min = 0, .max = 1e6},
      "The right identity's logit is (lambda cos + psi) / (lambda + 1), where psi has the margin (sphereface): with a "
      "large lambda there is hardly a margin. lambda is lambda_start / (1 + lambda_decay * step), but at least "
      "lambda_end.");
  table.add("lambda_decay", lambda_decay, {.min = 0, .max = 1000}, "See lambda_start.");
  table.add("lambda_end", lambda_end, {.min = 0, .max = 1e6}, "See lambda_start.");
  table.add(
      "sample_rate", sample_rate, {.min = 1e-6, .max = 1},
      "Part of the identities that a step compares with, besides those of the batch: Partial FC's random sample of "
      "the classifier, for a set of very many people. The others' weights rest in that step. 1: all.");
  table.add("label_smoothing", label_smoothing, {.min = 0, .max = 0.99},
            "Part of the probability that the loss asks to be spread evenly over all identities instead of given to "
            "the right one.");
  table.add("sub_centers", sub_centers, {.min = 1, .max = 16},
            "Rows of the classifier for each identity (cosface, arcface, adaface): an image is compared with the "
            "nearest of them, "
            "so that wrong labels and unlike images of a person gather at a row of their own. 3 in the paper.");
  table.add("norm_concentration", norm_concentration, {.min = 0, .max = 1000},
            "How soon an embedding's length counts as that of a good or of a bad image (adaface): h in the paper.");
  table.add("norm_rate", norm_rate, {.min = 0, .max = 1},
            "How fast the mean and the deviation of the lengths follow those of the batches (adaface).");
}

double scale_at(const ClassifierOptions& options, int64_t step) {
  return linear(options.initial_scale, options.scale, options.scale_warmup_steps, step);
}

double margin_at(const ClassifierOptions& options, double margin, int64_t step) {
  return linear(0, margin, options.margin_warmup_steps, step);
}

void require_possible_scale(const ClassifierOptions& options) {
  require(options.scale > 0, "classifier.scale is {}: all logits would be equal, so it must be above 0", options.scale);
  require(
      options.scale_warmup_steps == 0 || options.initial_scale <= options.scale,
      "classifier.initial_scale is {}, above classifier.scale, {}: in classifier.scale_warmup_steps the scale would "
      "fall instead of grow. Lower classifier.initial_scale",
      options.initial_scale, options.scale);
}

bool warm_up_is_over(const ClassifierOptions& options, int64_t step) {
  return step >= std::max(options.scale_warmup_steps, options.margin_warmup_steps);
}

double lambda_at(const ClassifierOptions& options, int64_t step) {
  return std::max(options.lambda_end, options.lambda_start / (1 + options.lambda_decay * static_cast<double>(step)));
}

}  // namespace massface
