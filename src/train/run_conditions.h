#pragma once

#include <map>
#include <string>

namespace massface {

// Compares the conditions under which a checkpoint was written (TrainingSetup::conditions()) with those of now. Throws
// Error that lists the differences, if there are any; with allow_inexact they are a warning. If only the number of
// threads differs, as on another machine, the message names the option that restores it. Another number of processes is
// a warning, and so are the threads that each of them has then: a training is the same on any number, to rounding.
void require_same_conditions(const std::map<std::string, std::string>& before,
                             const std::map<std::string, std::string>& now, bool allow_inexact);

}  // namespace massface
