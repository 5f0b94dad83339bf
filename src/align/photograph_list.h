#pragma once

#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

namespace massface {

// A photograph to align and the name of its crops, relative to the source and to the destination.
struct ListedPhotograph {
  std::string source;
  std::string name;         // source in printable form, unique in the list
  std::string stem;         // of the crops' names, without an extension (align/crop_names.h)
  int64_t bytes = 0;        // size of the file
  int64_t modified_ns = 0;  // time of the last change, nanoseconds since 1970
};

// Lists every file below `source`, ordered by name, except hidden ones and those that file managers leave behind
// (Thumbs.db, desktop.ini, __MACOSX). Links are followed, but no folder is entered twice, and `destination`, which may
// be empty, never; a link to nothing is listed like a file. ending: the extension of the crops, ".jpg" or ".png".
// several: a photograph may have several crops. A folder within the source that cannot be read is listed like a file.
// Throws Error if the source itself cannot be read.
std::vector<ListedPhotograph> list_photographs(const std::filesystem::path& source,
                                               const std::filesystem::path& destination, const std::string& ending,
                                               bool several);

// The name of a file in printable form; if `taken` has it already, since another name prints alike, with a number
// behind it. Adds the result to `taken`.
std::string unique_printable_name(const std::string& file, std::set<std::string>& taken);

// Throws Error if the two are the same folder or one lies within the other, links resolved: crops would be taken for
// photographs, or replace some.
void require_apart(const std::filesystem::path& source, const std::filesystem::path& destination);

}  // namespace massface
