#include "dataset/unreadable_image.h"

#include "core/files.h"

namespace massface {

// If a file cannot be opened, the reason already contains its name.
std::string to_line(const UnreadableImage& image) {
  const std::string name = printable(image.name), reason = printable(image.reason);
  return reason.find(name) == std::string::npos ? fmt::format("{}: {}", name, reason) : reason;
}

}  // namespace massface
