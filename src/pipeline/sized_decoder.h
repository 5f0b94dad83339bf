#pragma once

#include <cstdint>
#include <span>

#include "image/decode.h"

namespace massface {

// What becomes of an image of another size than the network's input.
enum class OtherSize {
  kError,
  kResize,      // the whole image, its sides scaled to the input's
  kCenterCrop,  // its middle; Error where it is smaller than the input in either direction
};

// Decodes images to the one size that a network takes. One object serves one thread.
class SizedDecoder {
 public:
  SizedDecoder(int64_t height, int64_t width, OtherSize other_size)
      : height_(height), width_(width), other_size_(other_size) {}

  int64_t bytes_per_image() const { return height_ * width_ * 3; }

  // rgb: bytes_per_image() bytes. Throws BadImage for bytes that are no image, and Error, which names `massface align`
  // and `pipeline.resize`, for an image of a size that `other_size` does not take. Neither names the image: the caller
  // does.
  void decode_into(std::span<const uint8_t> bytes, uint8_t* rgb);

 private:
  Image fit(const Image& image) const;
  [[noreturn]] void refuse(const ImageHeader& header) const;

  int64_t height_;
  int64_t width_;
  OtherSize other_size_;
  ImageDecoder decoder_;
};

}  // namespace massface
