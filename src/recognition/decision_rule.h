#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "core/options.h"
#include "model/embedder.h"

namespace massface {

// What decides whether two faces are one person, as a user asks for it.
struct DecisionOptions {
  double fmr = 0;                   // 0: default_fmr
  double threshold = kNoThreshold;  // cosine

  double default_fmr = 1e-3;  // of the command, no option

  static constexpr double kNoThreshold = -2;

  void describe(OptionTable& table);
};

// A threshold and where it comes from. Faces with a cosine above it are one person.
struct DecisionRule {
  double threshold_cosine = 0;
  std::string origin;  // "an FMR of 1e-3 on lfw-112 (8101 matched, 29640749 mismatched comparisons)"
};

// The flip that the weights' table of thresholds is for; sum if they carry none.
Flip flip_of_table(const std::filesystem::path& weights);

// How to decide, or why that is not known.
struct FoundRule {
  std::optional<DecisionRule> rule;
  std::string why_not;  // "" with a rule; else it names what is missing and how to get it
};

// flip: that of the embeddings. Without a threshold or an FMR that was asked for, there is no rule if the weights carry
// no table, or one that does not reach the default FMR. Throws Error for an FMR that was asked for and that the table
// does not have, for an FMR and a threshold, and if the table is for another flip.
FoundRule decide_by(const std::filesystem::path& weights, Flip flip, const DecisionOptions& options);

// How a face is searched for among known ones.
struct IdentificationOptions {
  double fpir = 0;  // the probability with which a stranger may get a name; 0: 0.01
  double threshold = DecisionOptions::kNoThreshold;

  void describe(OptionTable& table);
};

struct IdentificationRule {
  DecisionRule decision;
  std::optional<double> expected_fpir;  // nullopt for a threshold that was given
};

// The rule for a search among `faces` known faces. A stranger is compared with each of them, so that 1 - (1 -
// FMR)^faces of all strangers get a name if the comparisons are independent: the rule is the table's row of the highest
// FMR that keeps this below options.fpir, or its strictest row, with a warning, if none does. Throws Error if
// the weights carry no table and no threshold is given, and if the table is for another flip than the embeddings'.
IdentificationRule identification_rule(const std::filesystem::path& weights, Flip flip,
                                       const IdentificationOptions& options, int64_t faces);

}  // namespace massface
