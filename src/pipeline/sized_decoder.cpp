#include "pipeline/sized_decoder.h"

#include <algorithm>

#include "image/resize.h"

namespace massface {

void SizedDecoder::decode_into(std::span<const uint8_t> bytes, uint8_t* rgb) {
  const ImageHeader header = read_image_header(bytes);
  if (header.height == height_ && header.width == width_) return decoder_.decode_into(bytes, header, rgb);
  if (!resize_) {
    // Damaged bytes may announce any size: that is a bad image, and no reason to stop.
    decoder_.decode(bytes);
    fail(
        "{} x {} pixels (width x height), but the network takes {} x {}. Align the faces with `massface align`, or "
        "resize what is aligned already (pipeline.resize=true in a recipe, --resize of evaluate)",
        header.width, header.height, width_, height_);
  }
  const Image resized = massface::resize(decoder_.decode(bytes), height_, width_);
  std::ranges::copy(resized.pixels, rgb);
}

}  // namespace massface
