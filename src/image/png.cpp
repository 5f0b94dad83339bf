#include "image/png.h"

#include <spng.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>

#include "image/decode.h"
#include "image/over_black.h"
#include "image/spng_context.h"

namespace massface {
namespace {

void require_ok(int code) {
  if (code == SPNG_EMEM) throw std::bad_alloc();
  if (code == SPNG_IO_EOF) throw TruncatedImage("truncated PNG: it ends before its last chunk");
  if (code != 0) throw BadImage(fmt::format("damaged or truncated PNG: {}", spng_strerror(code)));
}

int64_t big_endian_32(const uint8_t* bytes) {
  return int64_t{bytes[0]} << 24 | int64_t{bytes[1]} << 16 | int64_t{bytes[2]} << 8 | bytes[3];
}

SpngContext open_png(std::span<const uint8_t> bytes) {
  // Limits on the unpacked size of compressed text and colour profiles; neither is used.
  constexpr size_t kMaxChunkBytes = size_t{16} << 20, kMaxChunkCacheBytes = size_t{64} << 20;
  SpngContext context(spng_ctx_new(0));
  if (!context) throw std::bad_alloc();
  require_ok(spng_set_crc_action(context.get(), SPNG_CRC_ERROR, SPNG_CRC_DISCARD));
  require_ok(spng_set_chunk_limits(context.get(), kMaxChunkBytes, kMaxChunkCacheBytes));
  require_ok(spng_set_png_buffer(context.get(), bytes.data(), bytes.size()));
  return context;
}

bool has_alpha(spng_ctx* context) {
  spng_ihdr header{};
  require_ok(spng_get_ihdr(context, &header));
  if (header.color_type == SPNG_COLOR_TYPE_GRAYSCALE_ALPHA || header.color_type == SPNG_COLOR_TYPE_TRUECOLOR_ALPHA) {
    return true;
  }
  spng_trns transparency{};
  const int code = spng_get_trns(context, &transparency);
  if (code != SPNG_ECHUNKAVAIL) require_ok(code);
  return code == 0;
}

constexpr std::array<uint8_t, 8> kPngSignature{0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};

}  // namespace

bool starts_as_png(std::span<const uint8_t> bytes) {
  return bytes.size() >= kPngSignature.size() && std::ranges::equal(bytes.first(kPngSignature.size()), kPngSignature);
}

PngSize read_png_size(std::span<const uint8_t> bytes) {
  // Signature (8), length of IHDR (4), "IHDR" (4), width (4), height (4).
  if (bytes.size() < 24) throw TruncatedImage("truncated PNG: it ends inside its header");
  if (std::memcmp(bytes.data() + 12, "IHDR", 4) != 0) throw BadImage("damaged PNG: it does not begin with IHDR");
  const PngSize size{.height = big_endian_32(&bytes[20]), .width = big_endian_32(&bytes[16])};
  if (size.height == 0 || size.width == 0) throw BadImage("damaged PNG: a side of 0 pixels");
  return size;
}

void decode_png_into(std::span<const uint8_t> bytes, PngSize size, std::vector<uint8_t>& rgba, uint8_t* rgb) {
  const SpngContext context = open_png(bytes);
  const size_t pixels = static_cast<size_t>(size.height * size.width);
  if (has_alpha(context.get())) {
    rgba.resize(pixels * 4);
    require_ok(spng_decode_image(context.get(), rgba.data(), rgba.size(), SPNG_FMT_RGBA8, SPNG_DECODE_TRNS));
    put_over_black(rgba, rgb);
  } else {
    require_ok(spng_decode_image(context.get(), rgb, pixels * 3, SPNG_FMT_RGB8, 0));
  }
  // Reads on to IEND: the pixels may be complete although the file is not.
  require_ok(spng_decode_chunks(context.get()));
}

std::span<const uint8_t> png_exif(std::span<const uint8_t> bytes) {
  if (!starts_as_png(bytes)) return {};
  constexpr size_t kHead = 8, kChecksum = 4;  // length of the content, four letters; content; CRC-32
  bytes = bytes.subspan(kPngSignature.size());
  while (bytes.size() >= kHead + kChecksum) {
    const auto size = static_cast<size_t>(big_endian_32(bytes.data()));
    if (size > bytes.size() - kHead - kChecksum) break;
    if (std::memcmp(&bytes[4], "eXIf", 4) == 0) return bytes.subspan(kHead, size);
    bytes = bytes.subspan(kHead + size + kChecksum);
  }
  return {};
}

}  // namespace massface
