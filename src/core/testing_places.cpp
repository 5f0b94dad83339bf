#include "core/testing_places.h"

#include <cstdlib>

namespace massface {
namespace {

std::filesystem::path from_environment(const char* variable, const std::filesystem::path& otherwise) {
  const char* value = std::getenv(variable);
  return value == nullptr ? otherwise : std::filesystem::path(value);
}

}  // namespace

// CMake defines both macros, for this file alone: they differ from checkout to checkout.
std::filesystem::path source_root() { return from_environment("MASSFACE_SOURCE", MASSFACE_SOURCE_ROOT); }

std::filesystem::path testing_data() { return from_environment("MASSFACE_DATA", source_root() / "../shared/data"); }

std::filesystem::path program_under_test() { return from_environment("MASSFACE_BINARY", MASSFACE_PROGRAM); }

}  // namespace massface
