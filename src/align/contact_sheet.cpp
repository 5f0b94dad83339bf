#include "align/contact_sheet.h"

#include <algorithm>

#include "core/error.h"
#include "core/files.h"
#include "image/decode.h"
#include "image/resize.h"

namespace massface {
namespace {

constexpr int64_t kColumns = 8;
constexpr int64_t kGap = 4;
constexpr uint8_t kGrey = 128;

void paste(const Image& crop, int64_t top, int64_t left, Image& sheet) {
  for (int64_t y = 0; y < crop.height; ++y) {
    std::copy_n(crop.pixels.begin() + y * crop.width * 3, crop.width * 3,
                sheet.pixels.begin() + ((top + y) * sheet.width + left) * 3);
  }
}

}  // namespace

Image contact_sheet(const std::vector<std::filesystem::path>& crops) {
  check(!crops.empty(), "a sheet shows something");
  const auto all = static_cast<int64_t>(crops.size()), shown = std::min(all, kContactSheetImages);
  ImageDecoder decoder;
  Image sheet;
  int64_t height = 0, width = 0;  // of a crop
  for (int64_t i = 0; i < shown; ++i) {
    try {
      Image crop = decoder.decode(read_file(crops[static_cast<size_t>(i * all / shown)]));
      if (height == 0) {
        height = crop.height;
        width = crop.width;
        const int64_t columns = std::min(shown, kColumns), rows = (shown + kColumns - 1) / kColumns;
        sheet.height = rows * (height + kGap) + kGap;
        sheet.width = columns * (width + kGap) + kGap;
        sheet.pixels.assign(static_cast<size_t>(sheet.height * sheet.width * 3), kGrey);
      }
      if (crop.height != height || crop.width != width) crop = resize(crop, height, width);
      paste(crop, kGap + i / kColumns * (height + kGap), kGap + i % kColumns * (width + kGap), sheet);
    } catch (const Error&) {
      continue;
    }
  }
  require(height > 0, "no crop could be read for the contact sheet; the first is {}",
          printable(crops.front().native()));
  return sheet;
}

}  // namespace massface
