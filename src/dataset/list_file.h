#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace massface {

struct ListedImage {
  std::string path;  // as written
  std::string identity;
};

// Reads a list of `path identity` lines: UTF-8 or any other bytes, Unix or Windows line endings; empty lines are
// skipped. A line is split at its last tab or, if it has none, at its last space: a path may contain spaces, an
// identity only in a line with a tab. Throws Error with file and line if an identity is missing or an image is listed
// twice (an image has one identity).
std::vector<ListedImage> read_list_file(const std::filesystem::path& list);

}  // namespace massface
