#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace massface {

// A photograph to align and where its crops go, both below their folders.
struct ListedPhotograph {
  std::string source;
  std::string stem;         // of the crops: without an ending
  int64_t bytes = 0;        // of the file
  int64_t modified_ns = 0;  // since 1970
};

// Every file below `source` that is not hidden, in the order of names. Links are followed, but no folder is entered
// twice, and `destination` never. Of photographs that differ in their ending alone all but one keep it in their crops'
// names. ending: of the crops, ".jpg" or ".png". Throws Error for a folder that cannot be read.
std::vector<ListedPhotograph> list_photographs(const std::filesystem::path& source,
                                               const std::filesystem::path& destination, const std::string& ending);

// Throws Error where the two are the same folder or one lies within the other, links resolved: crops would be taken for
// photographs, or take the place of some.
void require_apart(const std::filesystem::path& source, const std::filesystem::path& destination);

}  // namespace massface
