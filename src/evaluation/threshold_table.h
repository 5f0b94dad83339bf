#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "evaluation/score_histogram.h"

namespace massface {

// A rate, and the interval that holds the true one in 95 of 100 such measurements.
struct MeasuredRate {
  double rate = 0;
  double low = 0;
  double high = 0;
};

// Wilson's interval of a rate ("Probable Inference, the Law of Succession, and Statistical Inference", JASA 22, 1927),
// which takes the `count` of `total` as independent. Comparisons that share images are not quite: the true interval is
// somewhat wider.
MeasuredRate wilson_interval(int64_t count, int64_t total);

// What a network's decisions are worth at one threshold.
struct ThresholdRow {
  double fmr = 0;  // the false match rate that was asked for
  // The largest threshold that holds it: a pair below it is one person. Squared L2 between unit embeddings. Absent if
  // the mismatched comparisons are too few to tell: fewer than 10 false matches would be expected.
  std::optional<double> threshold_squared_l2;
  MeasuredRate false_matches;      // of the mismatched comparisons, at this threshold; zeros without one
  MeasuredRate false_non_matches;  // of the matched ones

  // The same threshold as a cosine: a pair above it is one person.
  double threshold_cosine() const { return 1 - *threshold_squared_l2 / 2; }
};

struct ThresholdTable {
  std::string set;          // what the comparisons were of: "LFW"
  std::string fingerprint;  // of that set's images and pairs
  std::string flip;         // the embedding that was compared (model/embedder.h)
  int64_t matched = 0;      // comparisons
  int64_t mismatched = 0;
  std::vector<ThresholdRow> rows;  // by descending rate

  bool reaches(double fmr) const;  // whether there is a threshold for the rate
  // Returns the row of the rate. Throws Error if there is none or if it has no threshold.
  const ThresholdRow& row_of(double fmr) const;
};

constexpr double kLeastExpectedFalseMatches = 10;

// Rows for 1e-1, 1e-2, ... 1e-6. The name, the fingerprint and the flip are left to the caller.
ThresholdTable make_threshold_table(const ScoreHistogram& scores);

// The table as text, and back; parse throws Error, which names the source.
std::string to_json_text(const ThresholdTable& table);
ThresholdTable parse_threshold_table(const std::string& text, const std::string& source);

// The table that a file of weights carries in its metadata; nullopt if it carries none. Throws Error for a file that
// cannot be read.
std::optional<ThresholdTable> read_threshold_table(const std::filesystem::path& weights);
// Throws Error if the weights belong to a checkpoint, whose files are compared with their hashes and do not change.
void require_no_checkpoint(const std::filesystem::path& weights);
// Puts the table into the file, in the place of another one; nothing else changes. Throws as require_no_checkpoint(),
// and Error for a table without any threshold.
void write_threshold_table(const std::filesystem::path& weights, const ThresholdTable& table);

}  // namespace massface
