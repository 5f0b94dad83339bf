#pragma once

#include <filesystem>
#include <vector>

#include "image/image.h"

namespace massface {

// Shows crops on one page: at most kContactSheetImages of them, spread evenly over the list, in rows of eight with a
// grey gap. An image of another size than the first is resized to it; one that cannot be read is left grey. Throws
// Error if none can be read.
constexpr int64_t kContactSheetImages = 64;
Image contact_sheet(const std::vector<std::filesystem::path>& crops);

}  // namespace massface
