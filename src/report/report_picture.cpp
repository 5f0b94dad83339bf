#include "report/report_picture.h"

#include <algorithm>

#include "image/encode.h"
#include "image/resize.h"

namespace massface {

ReportPicture report_picture(const Image& image, int64_t height) {
  constexpr int kQuality = 80;
  const int64_t width = std::clamp<int64_t>(image.width * height / image.height, 1, 4 * height);
  const Image shown = resize(image, height, width);
  return {.bytes = encode_jpeg(shown, kQuality), .width = shown.width, .height = shown.height, .alt = {}};
}

}  // namespace massface
