#pragma once

#include <filesystem>
#include <vector>

#include "image/image.h"

namespace massface {

// Crops to look at on one page: at most kContactSheetImages of them, spread evenly over the list, in rows of eight with
// a grey gap. An image that is not as large as the first is resized to it; one that cannot be read is left grey.
constexpr int64_t kContactSheetImages = 64;
Image contact_sheet(const std::vector<std::filesystem::path>& crops);

}  // namespace massface
