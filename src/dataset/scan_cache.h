#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "dataset/folder_scan.h"

namespace massface {

// Where the scan of `root` is kept: XDG_CACHE_HOME/massface, or ~/.cache/massface, in a file named by a hash of the
// root's absolute path. Nothing where neither variable names an absolute folder.
std::optional<std::filesystem::path> scan_cache_path(const std::filesystem::path& root);

// The kept scan. One that is missing, damaged or of another root is an empty scan: everything is then read anew.
FolderScan load_scan(const std::filesystem::path& cache, const std::filesystem::path& root);

// Replaces the kept scan atomically. A cache that cannot be written is no one's mistake: then there is none.
void store_scan(const std::filesystem::path& cache, const std::filesystem::path& root, const FolderScan& scan);

}  // namespace massface
