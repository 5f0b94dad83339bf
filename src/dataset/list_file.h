#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace massface {

struct ListedImage {
  std::string path;  // as written
  std::string identity;
};

// Reads a list of `path identity` lines, UTF-8 or any other bytes, Unix or Windows line ends, empty lines skipped. A
// line is cut at its last tab or, without one, at its last space: a path may hold spaces, an identity only in a
// line with a tab. Throws Error with file and line: no identity, or an image listed twice (one image has one
// identity).
std::vector<ListedImage> read_list_file(const std::filesystem::path& list);

}  // namespace massface
