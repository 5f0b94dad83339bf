#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "dataset/folder_scan.h"

namespace massface {

// The file in which the scan of `root` is kept: in XDG_CACHE_HOME/massface or ~/.cache/massface, named by a hash of the
// root's absolute path. nullopt if neither variable holds an absolute path.
std::optional<std::filesystem::path> scan_cache_path(const std::filesystem::path& root);

// Loads the kept scan. Returns an empty scan if the file is missing, damaged or of another root: everything is then
// read anew.
FolderScan load_scan(const std::filesystem::path& cache, const std::filesystem::path& root);

// Replaces the kept scan atomically. A cache that cannot be written is not an error: there is then no kept scan.
void store_scan(const std::filesystem::path& cache, const std::filesystem::path& root, const FolderScan& scan);

}  // namespace massface
