#pragma once

#include <filesystem>

namespace massface {

// Waits until the content of a file, or the entries of a folder, are on the disk. Without this, a rename may reach the
// disk before the content, or not at all: a power cut then leaves an empty file under a finished name. Throws Failure.
void flush_to_disk(const std::filesystem::path& path);

// Flushes everything in a folder and the folder itself, before it gets its final name. Several files are flushed at a
// time, since most of the time is spent waiting. Throws Failure.
void flush_tree_to_disk(const std::filesystem::path& folder);

}  // namespace massface
