#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace massface {

// What the markers of a JPEG announce before its first scan.
struct JpegFrame {
  int64_t height;
  int64_t width;
  int64_t components;     // 1 grey, 3 colour, 4 CMYK or YCCK
  bool arithmetic;        // entropy-coded without Huffman tables
  bool progressive;       // decoded in several passes over all coefficients
  bool has_adobe_marker;  // then CMYK is stored inverted
};

// Reads the markers up to the first scan as libjpeg does: garbage between segments is skipped. bytes: begin with FF D8.
// Throws BadImage.
JpegFrame read_jpeg_frame(std::span<const uint8_t> bytes);

// Returns the content of the first APP1 segment that begins with "Exif\0\0", a view of the bytes, or nothing if there
// is none before the first scan. Other segments may precede it in any number (comments, tables, XMP), and garbage is
// skipped as libjpeg does. Empty if it is not a JPEG. Does not throw.
std::span<const uint8_t> jpeg_exif(std::span<const uint8_t> bytes);

bool starts_as_jpeg(std::span<const uint8_t> bytes);

// One TurboJPEG decompressor. The accurate integer DCT and smooth chroma upsampling, TurboJPEG's defaults, are the only
// settings used anywhere in the program: both are exact integer arithmetic, the same with and without SIMD.
class JpegDecoder {
 public:
  JpegDecoder();
  ~JpegDecoder();
  JpegDecoder(const JpegDecoder&) = delete;
  JpegDecoder& operator=(const JpegDecoder&) = delete;

  // frame: that of the bytes, or the same with both sides reduced to a half, a quarter or an eighth, rounded up. rgb:
  // frame.height * frame.width * 3 bytes. Throws BadImage.
  void decode_into(std::span<const uint8_t> bytes, const JpegFrame& frame, uint8_t* rgb);

 private:
  void decompress(std::span<const uint8_t> bytes, const JpegFrame& frame, int pixel_format, uint8_t* pixels);

  void* handle_;
  std::vector<uint8_t> cmyk_;
};

}  // namespace massface
