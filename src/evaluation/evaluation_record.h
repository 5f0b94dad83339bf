#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "evaluation/pair_errors.h"
#include "evaluation/score_summary.h"
#include "evaluation/threshold_table.h"
#include "evaluation/verification.h"
#include "report/report.h"

namespace massface {

// A wrongly decided pair as a page shows it. A picture without bytes could not be read again.
struct ShownPair {
  std::string first, second;  // the images, as the set names them
  float distance_squared = 0;
  double threshold_squared_l2 = 0;
  ReportPicture first_picture, second_picture;
};

// The measured network.
struct EvaluatedModel {
  std::string name;     // what pages call it
  std::string weights;  // the path of the file
  std::string backbone;
  int64_t embedding_size = 0;
  int64_t input_height = 0, input_width = 0;
  std::string precision;
};

// Everything that a page shows of one network on one set, in at most a megabyte, apart from one bit per pair. `massface
// evaluate --record` keeps it in the run directory as RUN/evaluations/NAME.json (docs/formats/evaluation.md).
struct EvaluationRecord {
  EvaluatedModel model;
  std::string flip;
  bool subtract_mean = false;
  bool all_pairs = false;   // whether all images of the set were compared with each other
  std::string fingerprint;  // of the set's images and pairs
  int64_t images = 0;
  int64_t pairs_left_out = 0;
  // Of all pairs, and of a set that lacks a kind of pairs, only what there is: the rest is NaN, without folds.
  VerificationResult verification;
  std::vector<int64_t> pairs_of_fold;  // for each of verification.folds
  ScoreSummary scores;
  ThresholdTable thresholds;  // without rows if the set lacks a kind of pairs
  // The errors, whose people and hardest pairs are those to be shown; `hardest_accepts` and `hardest_rejects` of
  // `errors` are empty.
  PairErrors errors;
  std::vector<ShownPair> accepts, rejects;
  std::vector<uint8_t> right;  // see right_decisions()
};

nlohmann::ordered_json record_json(const EvaluationRecord& record);

// Reads a recorded evaluation, which may be any file. Throws Error, which names the file, for what is none.
EvaluationRecord read_evaluation_record(const std::filesystem::path& path);

}  // namespace massface
