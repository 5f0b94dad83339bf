#pragma once

#include <vector>

#include "evaluation/evaluation_record.h"
#include "report/report.h"

namespace massface {

// The sections of a page about evaluations: the figures of all networks on all sets and whether they differ; then, for
// each set, its curves, thresholds, the people who fail most, and the hardest errors as pictures. Evaluations of the
// same set are compared, in the order of the records; the models' names must differ within a set.
std::vector<ReportSection> evaluation_sections(const std::vector<EvaluationRecord>& records);

// Gives two networks of the same name their paths as names, so that they can be told apart.
void tell_apart(std::vector<EvaluationRecord>& records);

}  // namespace massface
