#pragma once

#include <cstdint>
#include <span>

#include "image/decode.h"

namespace massface {

// Decodes images to the one size that a network takes. One object serves one thread.
class SizedDecoder {
 public:
  // resize: whether an image of another size is resized or an Error.
  SizedDecoder(int64_t height, int64_t width, bool resize) : height_(height), width_(width), resize_(resize) {}

  int64_t bytes_per_image() const { return height_ * width_ * 3; }

  // rgb: bytes_per_image() bytes. Throws BadImage for bytes that are no image, and Error, which names `massface align`
  // and `pipeline.resize`, for an image of another size. Neither names the image: the caller does.
  void decode_into(std::span<const uint8_t> bytes, uint8_t* rgb);

 private:
  int64_t height_;
  int64_t width_;
  bool resize_;
  ImageDecoder decoder_;
};

}  // namespace massface
