#pragma once

#include <string_view>

namespace massface {

// A named place where a test makes the process die or the disk fill up:
//   MASSFACE_FAILPOINT=checkpoint.before_rename:kill:2      SIGKILL on the second pass
//   MASSFACE_FAILPOINT=train.step:terminate:5               SIGTERM on the fifth; also interrupt, for SIGINT
//   MASSFACE_FAILPOINT=checkpoint.write:full                every pass throws Failure("No space left on device")
// Without the variable a pass costs one comparison of a pointer.
void failpoint(std::string_view name);

}  // namespace massface
