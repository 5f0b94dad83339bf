#include "align/before_after_sheet.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/files.h"
#include "image/decode.h"
#include "image/orientation.h"
#include "image/resize.h"

namespace massface {
namespace {

constexpr int64_t kPairColumns = 6;
constexpr int64_t kPairGap = 8;
constexpr int64_t kPhotograph = 224;  // a photograph is shrunk into a square of this side
constexpr int64_t kCrop = 112;        // a crop's height
constexpr uint8_t kPairGrey = 240;
constexpr std::array<uint8_t, 3> kMark{40, 230, 90};
constexpr std::array<uint8_t, 3> kMarkEdge{10, 30, 15};

void set(Image& image, int64_t x, int64_t y, const std::array<uint8_t, 3>& color) {
  if (x < 0 || y < 0 || x >= image.width || y >= image.height) return;
  std::ranges::copy(color, image.pixels.begin() + 3 * (y * image.width + x));
}

// Moves coordinates far outside to just outside: a manifest may contain any number.
int64_t whole(double coordinate, int64_t side) {
  return std::lround(std::clamp(coordinate, -16.0, static_cast<double>(side) + 16));
}

void draw_box(Image& image, const FaceBox& box, double scale) {
  const int64_t left = whole(box.left * scale, image.width), right = whole(box.right * scale, image.width);
  const int64_t top = whole(box.top * scale, image.height), bottom = whole(box.bottom * scale, image.height);
  for (int64_t line = 0; line < 2; ++line) {
    for (int64_t x = left; x <= right; ++x) {
      set(image, x, top + line, kMark);
      set(image, x, bottom - line, kMark);
    }
    for (int64_t y = top; y <= bottom; ++y) {
      set(image, left + line, y, kMark);
      set(image, right - line, y, kMark);
    }
  }
}

void draw_landmarks(Image& image, const FivePoints& landmarks, double scale) {
  constexpr int64_t kRadius = 3;
  for (const Point& p : landmarks) {
    const int64_t x = whole((p.x + 0.5) * scale - 0.5, image.width);
    const int64_t y = whole((p.y + 0.5) * scale - 0.5, image.height);
    for (int64_t dy = -kRadius; dy <= kRadius; ++dy) {
      for (int64_t dx = -kRadius; dx <= kRadius; ++dx) {
        const int64_t squared = dx * dx + dy * dy;
        if (squared <= kRadius * kRadius) set(image, x + dx, y + dy, squared <= 4 ? kMark : kMarkEdge);
      }
    }
  }
}

Image shrunk_into(const Image& image, int64_t height, int64_t width) {
  const double factor = std::min(static_cast<double>(height) / static_cast<double>(image.height),
                                 static_cast<double>(width) / static_cast<double>(image.width));
  const auto side = [factor](int64_t pixels) {
    return std::max<int64_t>(std::lround(factor * static_cast<double>(pixels)), 1);
  };
  return resize(image, side(image.height), side(image.width));
}

// Pastes the image into the middle of the area of height x width at (top, left), into which it must fit.
void paste_centred(const Image& image, int64_t top, int64_t left, int64_t height, int64_t width, Image& sheet) {
  top += (height - image.height) / 2;
  left += (width - image.width) / 2;
  for (int64_t y = 0; y < image.height; ++y) {
    std::copy_n(image.pixels.begin() + y * image.width * 3, image.width * 3,
                sheet.pixels.begin() + ((top + y) * sheet.width + left) * 3);
  }
}

Image marked_photograph(const CutOutFace& face, ImageDecoder& decoder) {
  const auto bytes = read_file(face.photograph);
  const Image photograph = upright(decoder.decode_reduced(bytes, kPhotograph), read_orientation(bytes));
  Image shown = shrunk_into(photograph, kPhotograph, kPhotograph);
  const double scale = static_cast<double>(shown.width) / static_cast<double>(std::max<int64_t>(face.width, 1));
  draw_box(shown, face.face.box, scale);
  draw_landmarks(shown, face.face.landmarks, scale);
  return shown;
}

}  // namespace

Image before_after_sheet(const std::vector<CutOutFace>& faces) {
  check(!faces.empty(), "a sheet shows something");
  const auto all = static_cast<int64_t>(faces.size()), count = std::min(all, kBeforeAfterFaces);
  const int64_t columns = std::min(count, kPairColumns), rows = (count + kPairColumns - 1) / kPairColumns;
  const int64_t cell_height = kPhotograph + kPairGap + kCrop + 2 * kPairGap, cell_width = kPhotograph + kPairGap;
  Image sheet{.height = rows * cell_height, .width = columns * cell_width + kPairGap};
  sheet.pixels.assign(static_cast<size_t>(sheet.height * sheet.width * 3), kPairGrey);
  ImageDecoder decoder;
  for (int64_t i = 0; i < count; ++i) {
    const CutOutFace& face = faces[static_cast<size_t>(i * all / count)];
    const int64_t top = i / kPairColumns * cell_height + kPairGap, left = i % kPairColumns * cell_width + kPairGap;
    try {
      paste_centred(marked_photograph(face, decoder), top, left, kPhotograph, kPhotograph, sheet);
      const Image crop = shrunk_into(decoder.decode(read_file(face.crop)), kCrop, kPhotograph);
      paste_centred(crop, top + kPhotograph + kPairGap, left, kCrop, kPhotograph, sheet);
    } catch (const Error&) {
      continue;
    }
  }
  return sheet;
}

}  // namespace massface
