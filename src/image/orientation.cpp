#include "image/orientation.h"

#include <libexif/exif-data.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string_view>

#include "core/error.h"
#include "image/jpeg.h"
#include "image/png.h"
#include "image/webp.h"

namespace massface {
namespace {

struct Unref {
  void operator()(ExifData* data) const { exif_data_unref(data); }
};

// Positions in the stored image: the source of the result's pixel (0, 0), and the steps along the result's rows and
// columns, in pixels.
struct Walk {
  int64_t first, along_row, along_column;
};

Walk walk_of(const Image& image, int orientation) {
  const int64_t row = image.width, last_row = (image.height - 1) * row, last = image.width - 1;
  switch (orientation) {
    case 2:
      return {last, -1, row};  // mirrored
    case 3:
      return {last_row + last, -1, -row};  // upside down
    case 4:
      return {last_row, 1, -row};  // upside down and mirrored
    case 5:
      return {0, row, 1};  // transposed
    case 6:
      return {last_row, -row, 1};  // lies on its left side
    case 7:
      return {last_row + last, -row, -1};  // transposed at the other diagonal
    default:
      return {last, row, -1};  // 8: lies on its right side
  }
}

// EXIF in the form that a JPEG has, the only one that libexif reads.
std::vector<uint8_t> as_in_jpeg(std::span<const uint8_t> chunk) {
  constexpr std::string_view kStart("Exif\0\0", 6);  // chunks omit this, but some writers include it
  std::vector<uint8_t> exif;
  if (!std::ranges::equal(chunk.first(std::min(chunk.size(), kStart.size())), kStart)) {
    exif.assign(kStart.begin(), kStart.end());
  }
  exif.insert(exif.end(), chunk.begin(), chunk.end());
  return exif;
}

std::span<const uint8_t> embedded_exif(std::span<const uint8_t> bytes) {
  if (starts_as_png(bytes)) return png_exif(bytes);
  return starts_as_webp(bytes) ? webp_exif(bytes) : jpeg_exif(bytes);
}

}  // namespace

int read_orientation(std::span<const uint8_t> bytes) {
  const auto found = embedded_exif(bytes);
  if (found.empty()) return 1;
  const std::vector<uint8_t> exif = as_in_jpeg(found);
  const std::unique_ptr<ExifData, Unref> data(
      exif_data_new_from_data(exif.data(), static_cast<unsigned int>(std::min<size_t>(exif.size(), 1u << 30))));
  if (data == nullptr) return 1;
  const ExifEntry* entry = exif_content_get_entry(data->ifd[EXIF_IFD_0], EXIF_TAG_ORIENTATION);
  if (entry == nullptr || entry->format != EXIF_FORMAT_SHORT || entry->size < 2) return 1;
  const int orientation = exif_get_short(entry->data, exif_data_get_byte_order(data.get()));
  return orientation >= 1 && orientation <= 8 ? orientation : 1;
}

Image upright(Image image, int orientation) {
  if (orientation < 2 || orientation > 8) return image;
  const Walk walk = walk_of(image, orientation);
  const bool turned = orientation >= 5;
  Image result{.height = turned ? image.width : image.height, .width = turned ? image.height : image.width};
  result.pixels.resize(image.pixels.size());
  uint8_t* out = result.pixels.data();
  for (int64_t y = 0; y < result.height; ++y) {
    const int64_t row = walk.first + y * walk.along_column;
    for (int64_t x = 0; x < result.width; ++x, out += 3) {
      std::copy_n(image.pixels.data() + 3 * (row + x * walk.along_row), 3, out);
    }
  }
  return result;
}

int opposite_orientation(int orientation) {
  // All other tags are mirrors or half turns, which undo themselves.
  return orientation == 6 ? 8 : orientation == 8 ? 6 : orientation;
}

std::vector<uint8_t> with_orientation(std::vector<uint8_t> jpeg, int orientation) {
  check(orientation >= 1 && orientation <= 8, "EXIF's orientation is 1 to 8");
  check(jpeg.size() > 2 && jpeg[0] == 0xFF && jpeg[1] == 0xD8, "a JPEG begins with FF D8");
  // APP1 of 34 bytes: a big-endian TIFF header and a directory of one entry, a short.
  const std::array<uint8_t, 36> segment{0xFF, 0xE1, 0, 34, 'E', 'x', 'i', 'f', 0, 0,
                                        'M',  'M',  0, 42, 0,   0,   0,   8,   0, 1,
                                        0x01, 0x12, 0, 3,  0,   0,   0,   1,   0, static_cast<uint8_t>(orientation),
                                        0,    0,    0, 0,  0,   0};
  jpeg.insert(jpeg.begin() + 2, segment.begin(), segment.end());
  return jpeg;
}

}  // namespace massface
