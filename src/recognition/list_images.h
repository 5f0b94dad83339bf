#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace massface {

// An image that a user named, or that lies in a folder that the user named.
struct NamedImage {
  std::filesystem::path path;
  std::string name;         // what it is called in results: the path in printable form, unique in the list
  std::string group;        // the first folder below the one that was named, any bytes; "" if there is none
  int64_t bytes = 0;        // of the file
  int64_t modified_ns = 0;  // nanoseconds since 1970
};

// Lists files as they are given, and for a folder all files below it, by name (align/photograph_list.h). A file that is
// named twice is listed once. Throws Error for a name that does not exist, and if there is nothing at all.
// left_out: a folder that is not entered, such as that of an unfinished result; may be empty.
std::vector<NamedImage> list_images(const std::vector<std::string>& named, const std::filesystem::path& left_out);

}  // namespace massface
