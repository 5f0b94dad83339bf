#include "pipeline/sized_decoder.h"

#include <algorithm>

#include "image/crop.h"
#include "image/resize.h"

namespace massface {

void SizedDecoder::decode_into(std::span<const uint8_t> bytes, uint8_t* rgb) {
  const ImageHeader header = read_image_header(bytes);
  if (header.height == height_ && header.width == width_) return decoder_.decode_into(bytes, header, rgb);
  const Image image = decoder_.decode(bytes);  // first: throws BadImage for damaged bytes, which may announce any size
  if (!accepts(header)) refuse(header);
  std::ranges::copy(fit(image).pixels, rgb);
}

void SizedDecoder::require_size(std::span<const uint8_t> bytes) {
  const ImageHeader header = read_image_header(bytes);
  if (accepts(header)) return;
  decoder_.decode(bytes);
  refuse(header);
}

bool SizedDecoder::accepts(const ImageHeader& header) const {
  if (header.height == height_ && header.width == width_) return true;
  const bool large_enough = header.height >= height_ && header.width >= width_;
  return other_size_ == OtherSize::kResize || (other_size_ == OtherSize::kCenterCrop && large_enough);
}

Image SizedDecoder::fit(const Image& image) const {
  return other_size_ == OtherSize::kResize ? massface::resize(image, height_, width_)
                                           : crop_center(image, height_, width_);
}

void SizedDecoder::refuse(const ImageHeader& header) const {
  require(other_size_ == OtherSize::kError,
          "{} x {} pixels (width x height), too small to crop the network's {} x {} from its middle. Align the faces "
          "with `massface align`",
          header.width, header.height, width_, height_);
  fail(
      "{} x {} pixels (width x height), but the network takes {} x {}. Align the faces with `massface align`; if they "
      "are aligned, resize them (--resize, or pipeline.resize=true in a recipe) or crop their middle (--center-crop, "
      "or pipeline.center_crop=true)",
      header.width, header.height, width_, height_);
}

}  // namespace massface
