#pragma once

#include "evaluation/evaluation_record.h"

namespace massface {

// For tests: a network on a set called "small" with two folds of five pairs, half of them matched. right: its
// decisions. One false accept and one false reject are shown, with pictures of three bytes.
inline EvaluationRecord testing_record(const std::string& network, const std::vector<uint8_t>& right) {
  ScoreHistogram scores;
  for (const float distance : {0.25f, 0.5f, 0.625f, 0.75f, 2.0f}) scores.add(distance, true);
  for (const float distance : {0.7f, 1.5f, 1.75f, 2.25f, 2.5f}) scores.add(distance, false);
  const ReportPicture picture{.bytes = {0xFF, 0xD8, 0xFF}, .width = 112, .height = 112, .alt = {}};
  EvaluationRecord record{
      .model = {.name = network,
                .weights = "runs/" + network + ".safetensors",
                .backbone = "mobilefacenet",
                .embedding_size = 128,
                .input_height = 112,
                .input_width = 112,
                .precision = "fp32"},
      .flip = "concatenate",
      .fingerprint = "0123456789abcdef",
      .images = 20,
      .verification = {.name = "small",
                       .num_pairs = 10,
                       .accuracy = 0.8,
                       .accuracy_standard_error = 0.125,
                       .val_at_far_1e_3 = 0.5,
                       .val_standard_error = 0.0625,
                       .auc = area_under_curve(scores),
                       .eer = equal_error_rate(scores),
                       .threshold_squared_l2 = 1.25,
                       .folds = {{0, 0.6, 1.125}, {1, 1.0, 1.25}}},
      .pairs_of_fold = {5, 5},
      .scores = summarise_scores(scores),
      .thresholds = make_threshold_table(scores),
      .errors = {.false_accepts = 1, .false_rejects = 1, .people = {{"ada", 4, 1, 0}, {"bob", 2, 0, 1}}},
      .accepts = {{"ada/1.jpg", "cyd/1.jpg", 0.75f, 1.125, picture, picture}},
      .rejects = {{"bob/1.jpg", "bob/2.jpg", 2.0f, 1.25, picture, picture}},
      .right = right};
  return record;
}

}  // namespace massface
