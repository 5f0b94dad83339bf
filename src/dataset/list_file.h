#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace massface {

struct ListedImage {
  std::string path;  // as written, without "./"; relative to the list's folder unless it begins with '/'
  std::string identity;
};

struct ListFile {
  std::string folder;  // that paths are relative to: the one that holds the list, or that a copy's first line names
  std::vector<ListedImage> images;
};

// The first line of a copy of a list, followed by the folder that the list was in (dataset/keep_lists.h).
constexpr std::string_view kFolderLine = "# massface: the paths below are relative to ";

// Reads a list of `path identity` lines: UTF-8 or any other bytes, Unix or Windows line endings; empty lines are
// skipped. The columns may be separated by tabs, by commas (CSV, with quotes) or by spaces, and the identity may come
// first (dataset/list_columns.h). A first line that names no image, unlike the second, is a header. Backslashes of
// Windows are read as slashes if only then the images exist. Whatever is not read as it is written is logged. Throws
// Error with file and line if a line does not have two columns or an image is listed twice (an image has one identity).
ListFile read_list_file(const std::filesystem::path& list);

}  // namespace massface
