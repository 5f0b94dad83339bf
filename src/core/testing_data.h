#pragma once

#include <cstdlib>
#include <filesystem>

namespace massface {

// For tests: the folder of real faces and published weights, which are not part of the project. Tests that need it are
// skipped if it is absent.
inline std::filesystem::path testing_data() {
  const char* given = std::getenv("MASSFACE_DATA");
  const char* source = std::getenv("MASSFACE_SOURCE");
  if (given != nullptr) return given;
  return std::filesystem::path(source == nullptr ? "." : source) / "../shared/data";
}

}  // namespace massface
