#include "image/jpeg.h"

#include <turbojpeg.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

#include "image/decode.h"

namespace massface {
namespace {

constexpr int kSof0 = 0xC0, kDht = 0xC4, kJpg = 0xC8, kDac = 0xCC, kSof15 = 0xCF;
constexpr int kRst0 = 0xD0, kRst7 = 0xD7, kSoi = 0xD8, kEoi = 0xD9, kSos = 0xDA, kApp1 = 0xE1, kApp14 = 0xEE,
              kTem = 0x01;

bool has_no_length(int marker) { return marker == kTem || (marker >= kRst0 && marker <= kRst7) || marker == kSoi; }

bool is_frame(int marker) {
  return marker >= kSof0 && marker <= kSof15 && marker != kDht && marker != kJpg && marker != kDac;
}

struct Segment {
  int marker;
  std::span<const uint8_t> payload;  // without the length; empty for markers that have none
};

// Walks the marker segments of a JPEG.
class MarkerReader {
 public:
  explicit MarkerReader(std::span<const uint8_t> bytes) : bytes_(bytes), position_(2) {}

  // Returns false at the end of the bytes, also if they end inside the segment.
  bool next(Segment& segment) {
    if (!find_marker(segment.marker)) return false;
    segment.payload = {};
    if (has_no_length(segment.marker) || segment.marker == kEoi) return true;
    if (position_ + 2 > bytes_.size()) return false;
    const size_t length = static_cast<size_t>(bytes_[position_]) << 8 | bytes_[position_ + 1];
    if (length < 2 || position_ + length > bytes_.size()) return false;
    segment.payload = bytes_.subspan(position_ + 2, length - 2);
    position_ += length;
    return true;
  }

 private:
  // Finds the next FF that is followed by neither 0 (a stuffed byte of a scan) nor another FF (a fill byte).
  bool find_marker(int& marker) {
    while (position_ + 1 < bytes_.size()) {
      if (bytes_[position_] == 0xFF && bytes_[position_ + 1] != 0 && bytes_[position_ + 1] != 0xFF) {
        marker = bytes_[position_ + 1];
        position_ += 2;
        return true;
      }
      ++position_;
    }
    return false;
  }

  std::span<const uint8_t> bytes_;
  size_t position_;
};

bool has_end_of_image(std::span<const uint8_t> bytes) {
  MarkerReader reader(bytes);
  Segment segment;
  while (reader.next(segment)) {
    if (segment.marker == kEoi) return true;
  }
  return false;
}

// libjpeg's warnings (jerror.h) about unusual files whose pixels are nevertheless complete. Every other warning (a
// premature end, a bad Huffman code, a missing restart marker) means that pixels were invented.
bool is_harmless(std::string_view warning) {
  constexpr std::array<std::string_view, 4> kHarmless{
      "extraneous bytes before marker",
      "Unknown Adobe color transform code",
      "unknown JFIF revision number",
      "Invalid SOS parameters for sequential JPEG",
  };
  for (const auto text : kHarmless) {
    if (warning.find(text) != std::string_view::npos) return true;
  }
  return false;
}

// stored: four bytes per pixel, C M Y K. An inverted pixel holds 255 - ink, that is, light.
void cmyk_to_rgb(std::span<const uint8_t> stored, bool inverted, uint8_t* rgb) {
  const uint8_t flip = inverted ? 0 : 255;
  for (size_t i = 0; i < stored.size(); i += 4, rgb += 3) {
    const int black = stored[i + 3] ^ flip;
    for (size_t c = 0; c < 3; ++c) rgb[c] = static_cast<uint8_t>(((stored[i + c] ^ flip) * black + 127) / 255);
  }
}

}  // namespace

JpegFrame read_jpeg_frame(std::span<const uint8_t> bytes) {
  MarkerReader reader(bytes);
  Segment segment;
  JpegFrame frame{};
  while (reader.next(segment)) {
    const auto& payload = segment.payload;
    if (segment.marker == kEoi) throw BadImage("a JPEG without an image");
    if (segment.marker == kApp14 && payload.size() >= 12 && std::memcmp(payload.data(), "Adobe", 5) == 0) {
      frame.has_adobe_marker = true;
    }
    if (is_frame(segment.marker)) {
      if (payload.size() < 6) throw BadImage("damaged JPEG: a frame header of too few bytes");
      frame.height = payload[1] << 8 | payload[2];
      frame.width = payload[3] << 8 | payload[4];
      frame.components = payload[5];
      frame.arithmetic = segment.marker > kJpg;
      frame.progressive = (segment.marker & 3) == 2;  // C2, C6, CA and CE
    }
    if (segment.marker == kSos) {
      if (frame.height == 0 || frame.width == 0) throw BadImage("damaged JPEG: no size before the first scan");
      return frame;
    }
  }
  throw TruncatedImage("truncated JPEG: it ends inside its header");
}

bool starts_as_jpeg(std::span<const uint8_t> bytes) {
  return bytes.size() >= 3 && bytes[0] == 0xFF && bytes[1] == kSoi && bytes[2] == 0xFF;
}

std::span<const uint8_t> jpeg_exif(std::span<const uint8_t> bytes) {
  if (!starts_as_jpeg(bytes)) return {};
  constexpr std::string_view kStart("Exif\0\0", 6);
  MarkerReader reader(bytes);
  Segment segment;
  while (reader.next(segment) && segment.marker != kSos && segment.marker != kEoi) {
    const auto& payload = segment.payload;
    if (segment.marker == kApp1 && payload.size() > kStart.size() &&
        std::ranges::equal(payload.first(kStart.size()), kStart)) {
      return payload;
    }
  }
  return {};
}

JpegDecoder::JpegDecoder() : handle_(tjInitDecompress()) { check(handle_ != nullptr, "TurboJPEG starts"); }

JpegDecoder::~JpegDecoder() { tjDestroy(handle_); }

void JpegDecoder::decode_into(std::span<const uint8_t> bytes, const JpegFrame& frame, uint8_t* rgb) {
  // libjpeg converts YCCK to CMYK, but neither of them to RGB.
  if (frame.components != 4) return decompress(bytes, frame, TJPF_RGB, rgb);
  cmyk_.resize(static_cast<size_t>(frame.height * frame.width * 4));
  decompress(bytes, frame, TJPF_CMYK, cmyk_.data());
  cmyk_to_rgb(cmyk_, frame.has_adobe_marker, rgb);
}

void JpegDecoder::decompress(std::span<const uint8_t> bytes, const JpegFrame& frame, int pixel_format,
                             uint8_t* pixels) {
  const int width = static_cast<int>(frame.width), height = static_cast<int>(frame.height);
  // A file of a few kilobytes can announce thousands of scans, each as costly as the image.
  const int flags = TJFLAG_ACCURATEDCT | TJFLAG_LIMITSCANS;
  const auto run = [&](int more_flags) {
    return tjDecompress2(handle_, bytes.data(), bytes.size(), pixels, width, 0, height, pixel_format,
                         flags | more_flags) == 0;
  };
  if (run(TJFLAG_STOPONWARNING)) return;
  const bool warning = tjGetErrorCode(handle_) == TJERR_WARNING;
  const std::string message = tjGetErrorStr2(handle_);
  // jerror.h: "Premature end of JPEG file", "Premature end of input file".
  if (message.find("Premature end of") != std::string::npos) throw TruncatedImage("truncated JPEG: " + message);
  if (!warning || !is_harmless(message)) throw BadImage("damaged or truncated JPEG: " + message);
  // Decode again, past the warning. TurboJPEG reports only the first warning, so a premature end after it has to be
  // detected here.
  if (!has_end_of_image(bytes)) throw TruncatedImage("truncated JPEG: it has no end marker");
  if (!run(0) && tjGetErrorCode(handle_) != TJERR_WARNING) {
    throw BadImage("damaged JPEG: " + std::string(tjGetErrorStr2(handle_)));
  }
}

}  // namespace massface
