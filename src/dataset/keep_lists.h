#pragma once

#include <filesystem>
#include <string>

namespace massface {

// Copies every list file that the data set's path names to `folder`, below which it keeps its own path, and returns the
// path with the copies in place of the lists: a run can then be continued after a list was moved, changed or deleted. A
// copy's first line names the folder of the list, where the images are; fingerprint and names stay the same. Anything
// else in the path is returned as it is. path: absolute. Throws Failure if a copy cannot be written.
std::string keep_lists(const std::string& path, const std::filesystem::path& folder);

}  // namespace massface
