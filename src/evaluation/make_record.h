#pragma once

#include "dataset/dataset.h"
#include "evaluation/all_pairs.h"
#include "evaluation/evaluate_pairs.h"
#include "evaluation/evaluation_record.h"

namespace massface {

// Everything that a page shows of an evaluation, with the pictures of the hardest errors, which are read again from the
// set. An image that cannot be read any more is shown without its picture.
EvaluationRecord make_record(const EvaluatedModel& model, const EvaluationReport& report, const VerificationSet& set,
                             const EvaluationOptions& options);
// The same for all pairs of a set; the report must list the errors (ErrorList::kHardest).
EvaluationRecord make_record(const EvaluatedModel& model, const AllPairsReport& report, const Dataset& set,
                             const EvaluationOptions& options);

}  // namespace massface
