#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "core/error.h"
#include "image/image.h"

namespace massface {

// An unusable image among many good ones. Code that reads many images catches it, counts it and continues. what() does
// not name the file ("not a JPEG, PNG or WebP (first bytes 3c 68 74 6d)"), since the decoder only sees bytes.
class BadImage : public Error {
 public:
  using Error::Error;
};

// An image that begins well and ends too early, such as an interrupted download or copy. If the bytes do not
// distinguish this from other damage, BadImage is thrown instead.
class TruncatedImage : public BadImage {
 public:
  using BadImage::BadImage;
};

// An image that there is not enough memory for.
class TooLargeImage : public BadImage {
 public:
  using BadImage::BadImage;
};

enum class ImageFormat { kJpeg, kPng, kWebp, kRaw };  // kRaw: image/raw_image.h

struct ImageHeader {
  ImageFormat format;
  int64_t height;
  int64_t width;
};

// Recognizes the format by the content, never by a file's name. Reads only the header. Throws BadImage.
ImageHeader read_image_header(std::span<const uint8_t> bytes);

// Throws BadImage unless these first bytes of a file, 512 or all of them, are those of a JPEG, PNG, WebP or raw image.
void require_image_start(std::span<const uint8_t> bytes);

// Decodes JPEG (baseline, progressive, grey, CMYK and YCCK), PNG (grey, palette, 16-bit reduced to its high byte) and
// WebP (lossy, lossless; no animations) to RGB, with alpha composited over black; raw images are copied. Keeps the
// libraries' handles between images; use one object per thread.
class ImageDecoder {
 public:
  // Images with more pixels are refused before memory is allocated: a header can announce 100,000 x 100,000.
  static constexpr int64_t kMaxPixels = int64_t{1} << 28;

  ImageDecoder();
  ~ImageDecoder();
  ImageDecoder(ImageDecoder&&) noexcept;
  ImageDecoder& operator=(ImageDecoder&&) noexcept;

  // Throws BadImage for empty, unknown, truncated or damaged bytes, too many pixels, or too little memory
  // (TooLargeImage).
  Image decode(std::span<const uint8_t> bytes);

  // Decodes an image whose longer side has at least twice `side` pixels at a half, a quarter or an eighth of its size,
  // the smallest whose longer side still has `side` pixels. For a JPEG this saves most of the work of decoding, for a
  // WebP the memory; a PNG is decoded at full size and shrunk. Working memory of large images is freed. Throws
  // BadImage.
  Image decode_reduced(std::span<const uint8_t> bytes, int64_t side);

  // Returns the header with the size of the image that decode_reduced() returns. Throws BadImage.
  static ImageHeader reduced_header(std::span<const uint8_t> bytes, int64_t side);

  // An upper bound of the memory in bytes that decode_reduced() needs at its peak, without the bytes themselves. Throws
  // BadImage.
  static int64_t memory_to_decode_reduced(std::span<const uint8_t> bytes, int64_t side);

  // The same as decode(), but into the caller's memory, header.height * header.width * 3 bytes, so that images of a
  // known size need no allocation. header: what read_image_header() returned for these bytes.
  void decode_into(std::span<const uint8_t> bytes, const ImageHeader& header, uint8_t* rgb);

 private:
  Image decode_whole(std::span<const uint8_t> bytes, const ImageHeader& header);
  Image decode_shrunk(std::span<const uint8_t> bytes, const ImageHeader& header, int divisor);

  struct Handles;
  std::unique_ptr<Handles> handles_;
};

}  // namespace massface
