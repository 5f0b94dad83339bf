#include "image/shrink.h"

#include <algorithm>
#include <vector>

#include "core/error.h"

namespace massface {

void shrink(Image& image, int64_t divisor) {
  check(divisor >= 1, "a divisor of at least 1");
  if (divisor == 1) return;
  const int64_t height = (image.height + divisor - 1) / divisor, width = (image.width + divisor - 1) / divisor;
  std::vector<uint32_t> sums(static_cast<size_t>(3 * width));
  uint8_t* out = image.pixels.data();  // never beyond the rows that have been read
  for (int64_t y = 0; y < height; ++y) {
    const int64_t first = y * divisor, last = std::min(first + divisor, image.height);
    std::ranges::fill(sums, 0u);
    for (int64_t row = first; row < last; ++row) {
      const uint8_t* pixel = image.pixels.data() + 3 * row * image.width;
      for (int64_t x = 0; x < image.width; ++x, pixel += 3) {
        uint32_t* sum = &sums[static_cast<size_t>(3 * (x / divisor))];
        for (int c = 0; c < 3; ++c) sum[c] += pixel[c];
      }
    }
    for (int64_t x = 0; x < width; ++x) {
      const auto count =
          static_cast<uint32_t>((last - first) * (std::min((x + 1) * divisor, image.width) - x * divisor));
      for (int64_t c = 0; c < 3; ++c) {
        *out++ = static_cast<uint8_t>((sums[static_cast<size_t>(3 * x + c)] + count / 2) / count);
      }
    }
  }
  image.height = height;
  image.width = width;
  image.pixels.resize(static_cast<size_t>(height * width * 3));
  image.pixels.shrink_to_fit();
}

}  // namespace massface
