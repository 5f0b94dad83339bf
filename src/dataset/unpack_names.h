#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_set>

#include "image/decode.h"

namespace massface {

// Gives the files of one folder their names. Names come out of files that anybody may have written: what is made of
// them is one component of a path, never "..", never hidden (a scan would pass it over), and never twice.
class FolderNames {
 public:
  // `wanted` itself where it will do; otherwise one like it.
  std::string take(std::string_view wanted);
  // How many were not what was wanted.
  int64_t renamed() const { return renamed_; }

 private:
  std::unordered_set<std::string> taken_;
  int64_t renamed_ = 0;
};

// The name with the ending of what is written: kept where it is that of an image; .png for a raw image, which becomes
// one ("1.jpg" -> "1.png").
std::string name_for_format(std::string_view file_name, ImageFormat format);

}  // namespace massface
