#pragma once

#include <span>

#include "core/testing_fuzz.h"
#include "image/decode.h"

namespace massface {

// What the program does with the bytes of an image: header, whole image, smaller image. Images of more than 65,536
// pixels are only looked at: a small file may rightly announce 2^28, which would take a second each.
inline void decode_fuzzed(std::span<const uint8_t> bytes) {
  static ImageDecoder decoder;
  const ImageHeader header = read_image_header(bytes);
  check(header.height > 0 && header.width > 0, "an image has pixels");
  if (header.height * header.width > int64_t{1} << 16) return;
  try {
    const Image reduced = decoder.decode_reduced(bytes, 8);
    check(std::ssize(reduced.pixels) == reduced.height * reduced.width * 3, "the smaller image is complete");
  } catch (const BadImage&) {
  }
  const Image image = decoder.decode(bytes);
  check(image.height == header.height && image.width == header.width &&
            std::ssize(image.pixels) == image.height * image.width * 3,
        "the image is as its header announces");
}

}  // namespace massface
