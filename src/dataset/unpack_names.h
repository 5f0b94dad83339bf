#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_set>

#include "image/decode.h"

namespace massface {

// Names the files of one folder. The wanted names come from files that anybody may have written, so every resulting
// name is a single component of a path, never "..", never hidden (a scan would skip it), and never used twice.
class FolderNames {
 public:
  // Returns `wanted` itself if it is acceptable, otherwise a similar name.
  std::string take(std::string_view wanted);
  // The number of names that differ from the wanted ones.
  int64_t renamed() const { return renamed_; }

 private:
  std::unordered_set<std::string> taken_;
  int64_t renamed_ = 0;
};

// Returns the name with an extension for the written image: one of an image is kept, a missing one is added, and a raw
// image, which is written as PNG, gets .png ("1.jpg" -> "1.png").
std::string name_for_format(std::string_view file_name, ImageFormat format);

}  // namespace massface
