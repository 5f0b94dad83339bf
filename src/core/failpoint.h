#pragma once

#include <filesystem>
#include <string_view>

namespace massface {

// A named point at which a test can kill or signal the process, or simulate a full disk:
//   MASSFACE_FAILPOINT=checkpoint.before_rename:kill:2        SIGKILL on the second pass
//   MASSFACE_FAILPOINT=train.step:terminate:5                 SIGTERM on the fifth pass (`interrupt`: SIGINT, `stop`:
//   SIGSTOP) MASSFACE_FAILPOINT=checkpoint.write:full                  every pass throws Failure("No space left on
//   device") MASSFACE_FAILPOINT=file.half_written@*metrics.jsonl:kill  counts only passes with a path that matches the
//   pattern
// With MASSFACE_FAILPOINT_RANK=1 besides, only the process with this rank of several that train together acts.
// Without the variable, a pass costs one pointer comparison.
void failpoint(std::string_view name);

// The same for a point that every written file passes: `path` is the file's final path, which a pattern of the
// variable, with the wildcards of a shell (`*` also matches slashes), can select.
void failpoint(std::string_view name, const std::filesystem::path& path);

// Returns whether the variable names this point, for code that does something in two parts only then.
bool failpoint_is_set(std::string_view name);

}  // namespace massface
