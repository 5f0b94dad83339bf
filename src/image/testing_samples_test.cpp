// Not a test: helpers that this module's tests share. Its name keeps it out of the program.
#include "image/testing_samples.h"

#include <spng.h>
#include <turbojpeg.h>
#include <webp/encode.h>

#include <cstdlib>
#include <stdexcept>

#include "image/webp.h"

namespace massface::sample {
namespace {

void require_success(bool success) {
  if (!success) throw std::logic_error("a sample image could not be encoded");
}

std::vector<uint8_t> compress(const std::vector<uint8_t>& pixels, int64_t height, int64_t width, int format,
                              int subsampling, int flags) {
  tjhandle handle = tjInitCompress();
  unsigned char* buffer = nullptr;
  unsigned long size = 0;
  const int code = tjCompress2(handle, pixels.data(), static_cast<int>(width), 0, static_cast<int>(height), format,
                               &buffer, &size, subsampling, 100, flags | TJFLAG_ACCURATEDCT);
  require_success(code == 0);
  std::vector<uint8_t> bytes(buffer, buffer + size);
  tjFree(buffer);
  tjDestroy(handle);
  return bytes;
}

std::vector<uint8_t> taken(uint8_t* webp, size_t size) {
  require_success(size > 0);
  std::vector<uint8_t> bytes(webp, webp + size);
  WebPFree(webp);
  return bytes;
}

void append_little_endian(std::vector<uint8_t>& bytes, int64_t value, int count) {
  for (int i = 0; i < count; ++i) bytes.push_back(static_cast<uint8_t>(value >> 8 * i));
}

void append_chunk(std::vector<uint8_t>& bytes, const WebpChunk& chunk) {
  bytes.insert(bytes.end(), chunk.name.begin(), chunk.name.end());
  append_little_endian(bytes, static_cast<int64_t>(chunk.content.size()), 4);
  bytes.insert(bytes.end(), chunk.content.begin(), chunk.content.end());
  if (chunk.content.size() % 2 == 1) bytes.push_back(0);
}

void set_palette(spng_ctx* context, const Png& png) {
  spng_plte colors{.n_entries = static_cast<uint32_t>(png.palette.size())};
  spng_trns alphas{.n_type3_entries = colors.n_entries};
  for (size_t i = 0; i < png.palette.size(); ++i) {
    const auto& entry = png.palette[i];
    colors.entries[i] = {.red = entry[0], .green = entry[1], .blue = entry[2]};
    alphas.type3_alpha[i] = entry[3];
  }
  require_success(spng_set_plte(context, &colors) == 0 && spng_set_trns(context, &alphas) == 0);
}

}  // namespace

Image uniform(int64_t height, int64_t width, uint8_t red, uint8_t green, uint8_t blue) {
  Image image{.height = height, .width = width};
  for (int64_t i = 0; i < height * width; ++i) image.pixels.insert(image.pixels.end(), {red, green, blue});
  return image;
}

Image gradient(int64_t height, int64_t width) {
  Image image{.height = height, .width = width};
  for (int64_t y = 0; y < height; ++y) {
    for (int64_t x = 0; x < width; ++x) {
      image.pixels.push_back(static_cast<uint8_t>(250 * x / width));
      image.pixels.push_back(static_cast<uint8_t>(250 * y / height));
      image.pixels.push_back(static_cast<uint8_t>(20 + 100 * (x + y) / (height + width)));
    }
  }
  return image;
}

std::vector<uint8_t> jpeg(const Image& image, JpegKind kind) {
  return compress(image.pixels, image.height, image.width, TJPF_RGB, kind == kGrey ? TJSAMP_GRAY : TJSAMP_444,
                  kind == kProgressive ? TJFLAG_PROGRESSIVE : 0);
}

std::vector<uint8_t> ycck_jpeg(const std::vector<uint8_t>& cmyk, int64_t height, int64_t width) {
  return compress(cmyk, height, width, TJPF_CMYK, TJSAMP_444, 0);
}

std::vector<uint8_t> webp(const Image& image, WebpKind kind) {
  const int height = static_cast<int>(image.height), width = static_cast<int>(image.width);
  uint8_t* bytes = nullptr;
  const size_t size = kind == kLossy ? WebPEncodeRGB(image.pixels.data(), width, height, 3 * width, 100, &bytes)
                                     : WebPEncodeLosslessRGB(image.pixels.data(), width, height, 3 * width, &bytes);
  return taken(bytes, size);
}

std::vector<uint8_t> webp_with_alpha(const std::vector<uint8_t>& rgba, int64_t height, int64_t width) {
  uint8_t* bytes = nullptr;
  const int w = static_cast<int>(width);
  const size_t size = WebPEncodeLosslessRGBA(rgba.data(), w, static_cast<int>(height), 4 * w, &bytes);
  return taken(bytes, size);
}

std::vector<uint8_t> extended_webp(const std::vector<uint8_t>& webp, uint8_t flags, const WebpChunk& more) {
  const WebpFrame frame = read_webp_frame(webp);
  WebpChunk header{.name = "VP8X", .content = {flags, 0, 0, 0}};
  append_little_endian(header.content, frame.width - 1, 3);
  append_little_endian(header.content, frame.height - 1, 3);
  std::vector<uint8_t> bytes(webp.begin(), webp.begin() + 12);
  append_chunk(bytes, header);
  bytes.insert(bytes.end(), webp.begin() + 12, webp.end());
  append_chunk(bytes, more);
  for (size_t i = 0; i < 4; ++i) bytes[4 + i] = static_cast<uint8_t>((bytes.size() - 8) >> 8 * i);
  return bytes;
}

std::vector<uint8_t> png(const Png& png) {
  spng_ctx* context = spng_ctx_new(SPNG_CTX_ENCODER);
  spng_set_option(context, SPNG_ENCODE_TO_BUFFER, 1);
  spng_ihdr header{.width = static_cast<uint32_t>(png.width),
                   .height = static_cast<uint32_t>(png.height),
                   .bit_depth = png.bit_depth,
                   .color_type = png.color_type,
                   .interlace_method = static_cast<uint8_t>(png.interlaced)};
  require_success(spng_set_ihdr(context, &header) == 0);
  if (!png.palette.empty()) set_palette(context, png);
  if (png.transparent_grey >= 0) {
    spng_trns transparency{.gray = static_cast<uint16_t>(png.transparent_grey)};
    require_success(spng_set_trns(context, &transparency) == 0);
  }
  std::string content(png.exif.begin(), png.exif.end());  // which libspng does not copy
  if (!content.empty()) {
    spng_exif exif{.length = content.size(), .data = content.data()};
    require_success(spng_set_exif(context, &exif) == 0);
  }
  require_success(
      spng_encode_image(context, png.samples.data(), png.samples.size(), SPNG_FMT_RAW, SPNG_ENCODE_FINALIZE) == 0);
  int code = 0;
  size_t size = 0;
  auto* buffer = static_cast<uint8_t*>(spng_get_png_buffer(context, &size, &code));
  require_success(buffer != nullptr);
  std::vector<uint8_t> bytes(buffer, buffer + size);
  std::free(buffer);
  spng_ctx_free(context);
  return bytes;
}

}  // namespace massface::sample
