#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "core/error.h"
#include "image/image.h"

namespace massface {

// One unusable image among many good ones. Whoever reads many images catches it, counts it and goes on; what() does
// not name the file ("not a JPEG, PNG or WebP (first bytes 3c 68 74 6d)"), since the decoder only sees bytes.
class BadImage : public Error {
 public:
  using Error::Error;
};

// One that begins well and ends too early: a download or a copy that was broken off. Where the bytes do not tell this
// from other damage, BadImage.
class TruncatedImage : public BadImage {
 public:
  using BadImage::BadImage;
};

enum class ImageFormat { kJpeg, kPng, kWebp, kRaw };  // kRaw: image/raw_image.h

struct ImageHeader {
  ImageFormat format;
  int64_t height;
  int64_t width;
};

// Told by content, never by a file's name. Reads the header alone. Throws BadImage.
ImageHeader read_image_header(std::span<const uint8_t> bytes);

// Decodes JPEG (baseline, progressive, grey, CMYK and YCCK), PNG (grey, palette, 16-bit reduced to its high byte) and
// WebP (lossy, lossless; no animations) to RGB, alpha over black; raw images are copied. Keeps the libraries' handles
// between images; one object serves one thread.
class ImageDecoder {
 public:
  // Images of more pixels are refused before memory is taken: a header can announce 100,000 x 100,000.
  static constexpr int64_t kMaxPixels = int64_t{1} << 28;

  ImageDecoder();
  ~ImageDecoder();
  ImageDecoder(ImageDecoder&&) noexcept;
  ImageDecoder& operator=(ImageDecoder&&) noexcept;

  // Throws BadImage: empty, unknown, truncated or damaged bytes, or too many pixels.
  Image decode(std::span<const uint8_t> bytes);

  // A JPEG or WebP whose longer side has at least twice `side` pixels comes at a half, a quarter or an eighth of its
  // size, the smallest whose longer side still has `side` pixels: for a JPEG most of the work of decoding is saved, for
  // a WebP the memory. Others come whole.
  Image decode_reduced(std::span<const uint8_t> bytes, int64_t side);

  // The same as decode() into memory of the caller, header.height * header.width * 3 bytes, with what read_image_header
  // returned for these bytes. The way without an allocation for images of a known size.
  void decode_into(std::span<const uint8_t> bytes, const ImageHeader& header, uint8_t* rgb);

 private:
  Image decode_whole(std::span<const uint8_t> bytes, const ImageHeader& header);

  struct Handles;
  std::unique_ptr<Handles> handles_;
};

}  // namespace massface
