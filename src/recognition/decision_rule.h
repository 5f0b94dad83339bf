#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "core/options.h"
#include "model/embedder.h"

namespace massface {

// What decides whether two faces are one person, as a user asks for it.
struct DecisionOptions {
  double fmr = 0;                   // 0: 1e-3
  double threshold = kNoThreshold;  // cosine

  static constexpr double kNoThreshold = -2;

  void describe(OptionTable& table);
};

// A threshold and where it comes from. Faces with a cosine above it are one person.
struct DecisionRule {
  double threshold_cosine = 0;
  std::string origin;  // "an FMR of 1e-3 on lfw-112 (8101 matched, 29640749 mismatched comparisons)"
};

// What the weights say of decisions, and how their embeddings are to be made.
struct Recognition {
  std::optional<DecisionRule> rule;  // nullopt: the weights have no threshold table, and no threshold was given
  Flip flip;                         // that the table is for; sum if there is none
};

// Throws Error for an FMR that the table does not have, and for both an FMR and a threshold.
Recognition recognition_of(const std::filesystem::path& weights, const DecisionOptions& options);

// How a face is searched for among known ones.
struct IdentificationOptions {
  double fpir = 0.01;  // the probability with which a stranger may get a name
  double threshold = DecisionOptions::kNoThreshold;

  void describe(OptionTable& table);
};

struct IdentificationRule {
  DecisionRule decision;
  std::optional<double> expected_fpir;  // nullopt for a threshold that was given
};

// The rule for a search among `faces` known faces. A stranger is compared with each of them, so that 1 - (1 -
// FMR)^faces of all strangers get a name if the comparisons are independent: the rule is the table's row of the highest
// FMR that keeps this below options.fpir, or its strictest row, with a warning, if none does. Throws Error if the
// weights carry no table and no threshold is given.
IdentificationRule identification_rule(const std::filesystem::path& weights, const IdentificationOptions& options,
                                       int64_t faces);

}  // namespace massface
