#include "image/encode.h"

#include <spng.h>
#include <turbojpeg.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <memory>
#include <new>
#include <string>

#include "core/error.h"
#include "core/files.h"
#include "image/spng_context.h"

namespace massface {
namespace {

struct DestroyTurboJpeg {
  void operator()(void* handle) const { tjDestroy(handle); }
};

std::string lower_case(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

bool names_jpeg(const std::string& name) {
  return lower_case(name).ends_with(".jpg") || lower_case(name).ends_with(".jpeg");
}

void check_size(const Image& image) {
  check(image.height >= 1 && image.width >= 1 &&
            image.pixels.size() == static_cast<size_t>(image.height * image.width * 3),
        "an image holds height x width x 3 bytes");
}

void check_spng(int code) {
  if (code == SPNG_EMEM) throw std::bad_alloc();
  if (code != 0) check(false, std::string("libspng encodes: ") + spng_strerror(code));
}

}  // namespace

std::vector<uint8_t> encode_jpeg(const Image& image, int quality) {
  constexpr int64_t kMaxSide = 65535;
  check_size(image);
  check(quality >= 1 && quality <= 100, "a JPEG's quality is 1 to 100");
  require(image.height <= kMaxSide && image.width <= kMaxSide,
          "an image of {} x {} pixels cannot be a JPEG, whose sides are at most {}", image.width, image.height,
          kMaxSide);
  const int width = static_cast<int>(image.width), height = static_cast<int>(image.height);
  const int subsampling = quality < 90 ? TJSAMP_420 : TJSAMP_444;
  const std::unique_ptr<void, DestroyTurboJpeg> handle(tjInitCompress());
  check(handle != nullptr, "TurboJPEG starts");
  std::vector<uint8_t> bytes(tjBufSize(width, height, subsampling));
  unsigned char* buffer = bytes.data();
  unsigned long size = bytes.size();
  const int code = tjCompress2(handle.get(), image.pixels.data(), width, 0, height, TJPF_RGB, &buffer, &size,
                               subsampling, quality, TJFLAG_ACCURATEDCT | TJFLAG_NOREALLOC);
  check(code == 0, "TurboJPEG encodes an image of known size");
  bytes.resize(size);
  return bytes;
}

void require_image_name(const std::string& name, const std::string& option) {
  require(names_jpeg(name) || lower_case(name).ends_with(".png"),
          "{}: {} must be the name of a .jpg, .jpeg or .png file", option, printable(name));
}

std::vector<uint8_t> encode_for_name(const std::string& name, const Image& image) {
  constexpr int kQuality = 85;
  return names_jpeg(name) ? encode_jpeg(image, kQuality) : encode_png(image);
}

std::vector<uint8_t> encode_png(const Image& image) {
  check_size(image);
  const SpngContext context(spng_ctx_new(SPNG_CTX_ENCODER));
  if (!context) throw std::bad_alloc();
  check_spng(spng_set_option(context.get(), SPNG_ENCODE_TO_BUFFER, 1));
  spng_ihdr header{.width = static_cast<uint32_t>(image.width),
                   .height = static_cast<uint32_t>(image.height),
                   .bit_depth = 8,
                   .color_type = SPNG_COLOR_TYPE_TRUECOLOR};
  check_spng(spng_set_ihdr(context.get(), &header));
  check_spng(
      spng_encode_image(context.get(), image.pixels.data(), image.pixels.size(), SPNG_FMT_PNG, SPNG_ENCODE_FINALIZE));
  int code = 0;
  size_t size = 0;
  const std::unique_ptr<void, decltype(&std::free)> buffer(spng_get_png_buffer(context.get(), &size, &code),
                                                           &std::free);
  check_spng(code);
  const auto* bytes = static_cast<const uint8_t*>(buffer.get());
  return {bytes, bytes + size};
}

}  // namespace massface
