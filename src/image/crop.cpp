#include "image/crop.h"

#include <algorithm>

#include "core/error.h"

namespace massface {

Image crop_center(const Image& image, int64_t height, int64_t width) {
  check(height >= 1 && height <= image.height && width >= 1 && width <= image.width, "the crop lies in the image");
  Image middle{.height = height, .width = width, .pixels = {}};
  middle.pixels.reserve(static_cast<size_t>(3 * height * width));
  const int64_t top = (image.height - height) / 2;
  const int64_t left = (image.width - width) / 2;
  for (int64_t row = top; row < top + height; ++row) {
    const auto begin = image.pixels.begin() + 3 * (row * image.width + left);
    middle.pixels.insert(middle.pixels.end(), begin, begin + 3 * width);
  }
  return middle;
}

}  // namespace massface
