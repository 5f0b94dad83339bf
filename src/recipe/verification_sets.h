#pragma once

#include <vector>

#include "evaluation/evaluate_pairs.h"
#include "evaluation/verification_set.h"
#include "model/model.h"
#include "recipe/verification_options.h"

namespace massface {

// A set of pairs that a training measures as it goes on.
struct OpenedVerification {
  VerificationOptions options;
  VerificationSet set;

  EvaluationOptions evaluation() const;
};

// Reads the sets. Throws Error, which names the table, for a set that cannot be measured, whose first image has another
// size than the input, or with people who are also trained on.
std::vector<OpenedVerification> open_verifications(const std::vector<VerificationOptions>& tables,
                                                   const Dataset& training, const InputFormat& input);

}  // namespace massface
