#include "image/webp.h"

#include <webp/decode.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <new>
#include <string_view>

#include "image/decode.h"
#include "image/over_black.h"

namespace massface {
namespace {

constexpr size_t kRiffHeaderBytes = 8;

std::string_view text(std::span<const uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string reason_of(VP8StatusCode code) {
  switch (code) {
    case VP8_STATUS_NOT_ENOUGH_DATA:  // although the file is complete
      return "it ends inside its image";
    case VP8_STATUS_UNSUPPORTED_FEATURE:
      return "it uses a feature that no WebP has";
    default:
      return "its bits are not an image";
  }
}

void require_ok(VP8StatusCode code) {
  if (code == VP8_STATUS_OUT_OF_MEMORY) throw std::bad_alloc();
  if (code != VP8_STATUS_OK) throw BadImage("damaged WebP: " + reason_of(code));
}

size_t riff_number(std::span<const uint8_t> bytes) {
  return bytes[0] | bytes[1] << 8 | bytes[2] << 16 | size_t{bytes[3]} << 24;
}

// Throws TruncatedImage if the file is shorter than it announces: libwebp would also decode one that was cut off after
// its image.
void require_whole(std::span<const uint8_t> bytes) {
  const size_t announced = riff_number(bytes.subspan(4, 4));
  if (bytes.size() - kRiffHeaderBytes >= announced) return;
  throw TruncatedImage(
      fmt::format("truncated WebP: it has {} of its {} bytes", bytes.size(), announced + kRiffHeaderBytes));
}

}  // namespace

bool starts_as_webp(std::span<const uint8_t> bytes) {
  return bytes.size() >= 12 && text(bytes.first(4)) == "RIFF" && text(bytes.subspan(8, 4)) == "WEBP";
}

WebpFrame read_webp_frame(std::span<const uint8_t> bytes) {
  require_whole(bytes);
  WebPBitstreamFeatures features{};
  require_ok(WebPGetFeatures(bytes.data(), bytes.size(), &features));
  if (features.has_animation != 0) {
    throw BadImage("an animated WebP, which is not supported. Save the frame that is wanted as a still image");
  }
  if (features.height <= 0 || features.width <= 0) throw BadImage("damaged WebP: a side of 0 pixels");
  return {.height = features.height,
          .width = features.width,
          .has_alpha = features.has_alpha != 0,
          .lossy = features.format == 1};
}

void decode_webp_into(std::span<const uint8_t> bytes, const WebpFrame& frame, std::vector<uint8_t>& rgba,
                      uint8_t* rgb) {
  const size_t pixels = static_cast<size_t>(frame.height * frame.width), channels = frame.has_alpha ? 4 : 3;
  if (frame.has_alpha) rgba.resize(pixels * 4);
  WebPDecoderConfig config;
  check(WebPInitDecoderConfig(&config) != 0, "libwebp is of the version that we were compiled with");
  require_ok(WebPGetFeatures(bytes.data(), bytes.size(), &config.input));
  // Only if requested: scaling to the image's own size would also turn off the smooth upsampling of chroma.
  config.options.use_scaling = config.input.height != frame.height || config.input.width != frame.width ? 1 : 0;
  config.options.scaled_height = static_cast<int>(frame.height);
  config.options.scaled_width = static_cast<int>(frame.width);
  config.output.colorspace = frame.has_alpha ? MODE_RGBA : MODE_RGB;
  config.output.is_external_memory = 1;
  config.output.u.RGBA = {.rgba = frame.has_alpha ? rgba.data() : rgb,
                          .stride = static_cast<int>(frame.width * static_cast<int64_t>(channels)),
                          .size = pixels * channels};
  require_ok(WebPDecode(bytes.data(), bytes.size(), &config));
  if (frame.has_alpha) put_over_black(rgba, rgb);
}

std::span<const uint8_t> webp_exif(std::span<const uint8_t> bytes) {
  if (!starts_as_webp(bytes)) return {};
  constexpr size_t kFileHead = 12, kHead = 8;  // four letters, size of the content; content, padded to an even size
  bytes = bytes.subspan(kFileHead);
  while (bytes.size() >= kHead) {
    const size_t size = riff_number(bytes.subspan(4, 4));
    if (size > bytes.size() - kHead) break;
    if (text(bytes.first(4)) == "EXIF") return bytes.subspan(kHead, size);
    bytes = bytes.subspan(std::min(kHead + size + size % 2, bytes.size()));
  }
  return {};
}

}  // namespace massface
