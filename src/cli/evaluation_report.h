#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "evaluation/evaluate_pairs.h"

namespace massface {

// The figures of one set as `massface evaluate --json` prints them; docs/evaluation.md defines them.
nlohmann::ordered_json evaluation_json(const EvaluationReport& report);

// Prints the figures of one set as a table to standard output.
void print_evaluation(const EvaluationReport& report);

// Writes the ROC curve as CSV: far,tar,threshold_squared_l2. Throws Failure.
void write_roc(const std::string& path, const PairDistances& distances);

}  // namespace massface
