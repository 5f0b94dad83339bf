#pragma once

#include <string_view>

namespace massface {

// Returns whether a pickle that names this global ("os.system") means to run code: the modules and functions by which
// known attacks start programs, load code or open connections. MassFace calls nothing that a pickle names, whether it
// is in the list or not. The list decides what a user is warned of, since Python would call it; an attack through a
// global that is not in the list is skipped like any other object.
bool would_execute(std::string_view global);

}  // namespace massface
