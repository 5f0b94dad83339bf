#pragma once

#include <cstdint>

#include "image/image.h"
#include "report/report.h"

namespace massface {

// Returns the image as a picture of this height, at most four times as wide, compressed as a JPEG. alt and caption are
// left to the caller.
ReportPicture report_picture(const Image& image, int64_t height);

}  // namespace massface
