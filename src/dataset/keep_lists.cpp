#include "dataset/keep_lists.h"

#include <fmt/ranges.h>

#include <vector>

#include "core/files.h"
#include "dataset/dataset.h"
#include "dataset/list_file.h"

namespace massface {
namespace {

namespace fs = std::filesystem;

// Returns the path of the copy. Of two lists with the same name, the folders above tell the copies apart, as they tell
// the lists' identities apart (dataset/same_names.h).
std::string copied(const std::string& list, const fs::path& folder) {
  std::string text = read_text_file(list);
  if (!text.starts_with(kFolderLine)) {
    text = fmt::format("{}{}\n{}", kFolderLine, absolute_path(list).parent_path().native(), text);
  }
  const fs::path copy = folder / absolute_path(list).relative_path();
  create_directories_or_fail(copy.parent_path());
  write_file_atomically(copy, text);
  return absolute_path(copy).native();
}

// Whether a path can be a line of a list and a part of a data set's path.
bool can_be_written(const fs::path& path) { return path.native().find_first_of(":\n\r") == std::string::npos; }

}  // namespace

std::string keep_lists(const std::string& path, const fs::path& folder) {
  if (path.empty() || !can_be_written(absolute_path(folder))) return path;
  std::vector<std::string> roots = dataset_roots(path);
  for (std::string& root : roots) {
    if (is_list_file(root) && can_be_written(root)) root = copied(root, folder);
  }
  return fmt::format("{}", fmt::join(roots, ":"));
}

}  // namespace massface
