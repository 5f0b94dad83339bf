#pragma once

#include <cstdint>
#include <span>

#include "image/decode.h"
#include "pipeline/other_size.h"

namespace massface {

// Decodes images to the one size that a network takes. One object serves one thread.
class SizedDecoder {
 public:
  SizedDecoder(int64_t height, int64_t width, OtherSize other_size)
      : height_(height), width_(width), other_size_(other_size) {}

  int64_t bytes_per_image() const { return height_ * width_ * 3; }

  // Decodes an image into rgb, which has bytes_per_image() bytes. Throws BadImage if the bytes are not an image, and
  // Error, which names `massface align` and `pipeline.resize`, if `other_size` does not accept its size. The messages
  // do not name the image; the caller adds its name.
  void decode_into(std::span<const uint8_t> bytes, uint8_t* rgb);

  // Throws as decode_into() does because of an image's size, and BadImage for a header that cannot be read. Decodes
  // the image only if its size is not accepted: damaged bytes may announce any size.
  void require_size(std::span<const uint8_t> bytes);

 private:
  bool accepts(const ImageHeader& header) const;
  Image fit(const Image& image) const;
  [[noreturn]] void refuse(const ImageHeader& header) const;

  int64_t height_;
  int64_t width_;
  OtherSize other_size_;
  ImageDecoder decoder_;
};

}  // namespace massface
