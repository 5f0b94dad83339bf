#pragma once

#include <string>

#include "cleaning/clean_dataset.h"
#include "report/report.h"

namespace massface {

// Returns the page to decide by: the thresholds, and for each kind of fault up to 40 contact sheets, spread evenly from
// the clearest to the most doubtful. decisions: the name of the file that lists all of them. Reads the images that it
// shows; one that cannot be read any more is left out.
Report cleaning_page(const Dataset& dataset, const CleaningResult& result, const std::string& decisions);

// The number of faults of each kind, and of those for which a change is suggested.
struct FaultCount {
  FaultKind kind;
  int64_t faults = 0, changes = 0, images = 0;  // images: those that a change concerns
};
std::vector<FaultCount> count_faults(const Dataset& dataset, const LabelFaults& faults);

}  // namespace massface
