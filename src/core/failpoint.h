#pragma once

#include <string_view>

namespace massface {

// A named point at which a test can kill or signal the process, or simulate a full disk:
//   MASSFACE_FAILPOINT=checkpoint.before_rename:kill:2      SIGKILL on the second pass
//   MASSFACE_FAILPOINT=train.step:terminate:5               SIGTERM on the fifth pass (`interrupt`: SIGINT)
//   MASSFACE_FAILPOINT=checkpoint.write:full                every pass throws Failure("No space left on device")
// Without the variable, a pass costs one pointer comparison.
void failpoint(std::string_view name);

}  // namespace massface
