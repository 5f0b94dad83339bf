#include "image/decode.h"

#include <algorithm>
#include <new>

#include "image/foreign_file.h"
#include "image/jpeg.h"
#include "image/png.h"
#include "image/raw_image.h"
#include "image/shrink.h"
#include "image/webp.h"

namespace massface {
namespace {

ImageFormat format_of(std::span<const uint8_t> bytes) {
  if (starts_as_jpeg(bytes)) return ImageFormat::kJpeg;
  if (starts_as_png(bytes)) return ImageFormat::kPng;
  if (starts_as_webp(bytes)) return ImageFormat::kWebp;
  if (starts_as_raw_image(bytes)) return ImageFormat::kRaw;
  refuse_foreign_file(bytes);
}

// Returns false if the bytes are too few for the announced pixels: a Huffman-coded scan takes one bit per 8x8 block (a
// quarter of that is required, to allow for unusual sampling factors), a PNG one bit per pixel, which deflate
// compresses at most 1032 to 1, and a lossy WebP more than one bit per 16x16 block for its prediction mode. Without
// this check, a hundred damaged bytes could request a gigabyte.
bool can_hold(std::span<const uint8_t> bytes, const ImageHeader& header) {
  int64_t least_bytes = 0;  // raw images were checked with their header
  if (header.format == ImageFormat::kPng) {
    least_bytes = header.height * header.width / (8 * 1032);
  } else if (header.format == ImageFormat::kJpeg && !read_jpeg_frame(bytes).arithmetic) {
    least_bytes = (header.height + 7) / 8 * ((header.width + 7) / 8) / 32;
  } else if (header.format == ImageFormat::kWebp && read_webp_frame(bytes).lossy) {
    least_bytes = (header.height + 15) / 16 * ((header.width + 15) / 16) / 8;
  }
  return static_cast<int64_t>(bytes.size()) >= least_bytes;
}

ImageHeader announced_header(std::span<const uint8_t> bytes) {
  const ImageFormat format = format_of(bytes);
  const auto header = [format](const auto& frame) { return ImageHeader{format, frame.height, frame.width}; };
  switch (format) {
    case ImageFormat::kJpeg:
      return header(read_jpeg_frame(bytes));
    case ImageFormat::kPng:
      return header(read_png_size(bytes));
    case ImageFormat::kWebp:
      return header(read_webp_frame(bytes));
    case ImageFormat::kRaw:
      return header(read_raw_image_size(bytes));
  }
  fail("unknown image format");
}

ImageHeader checked_header(std::span<const uint8_t> bytes) {
  const ImageHeader header = read_image_header(bytes);
  if (can_hold(bytes, header)) return header;
  throw TruncatedImage(fmt::format("truncated: {} bytes cannot hold the {} x {} pixels (width x height) it announces",
                                   bytes.size(), header.width, header.height));
}

// A header or frame at 1 / divisor of its size, as TurboJPEG rounds it.
template <typename Frame>
Frame shrunk(Frame frame, int divisor) {
  frame.height = (frame.height + divisor - 1) / divisor;
  frame.width = (frame.width + divisor - 1) / divisor;
  return frame;
}

int divisor_for(const ImageHeader& header, int64_t side) {
  int divisor = 1;
  while (divisor < 8 && std::max(header.height, header.width) >= 2 * divisor * side) divisor *= 2;
  return divisor;
}

bool shrinks_while_decoding(ImageFormat format) { return format == ImageFormat::kJpeg || format == ImageFormat::kWebp; }

// Working memory of larger images is not kept for the next one.
constexpr int64_t kMaxPixelsToKeep = int64_t{1} << 24;

template <typename Decode>
auto within_memory(const ImageHeader& header, Decode decode) {
  try {
    return decode();
  } catch (const std::bad_alloc&) {
    throw TooLargeImage(fmt::format("there is not enough memory to decode its {} x {} pixels (width x height)",
                                    header.width, header.height));
  }
}

}  // namespace

void require_image_start(std::span<const uint8_t> bytes) { format_of(bytes); }

struct ImageDecoder::Handles {
  JpegDecoder jpeg;
  std::vector<uint8_t> rgba;
};

ImageHeader read_image_header(std::span<const uint8_t> bytes) {
  const ImageHeader header = announced_header(bytes);
  // Both sides are below 2^32, but their product may exceed 2^63.
  if (header.height > ImageDecoder::kMaxPixels / header.width) {
    throw BadImage(fmt::format("announces {} x {} pixels (width x height), more than the {} that are accepted",
                               header.width, header.height, ImageDecoder::kMaxPixels));
  }
  return header;
}

ImageDecoder::ImageDecoder() : handles_(std::make_unique<Handles>()) {}
ImageDecoder::~ImageDecoder() = default;
ImageDecoder::ImageDecoder(ImageDecoder&&) noexcept = default;
ImageDecoder& ImageDecoder::operator=(ImageDecoder&&) noexcept = default;

Image ImageDecoder::decode(std::span<const uint8_t> bytes) {
  const ImageHeader header = checked_header(bytes);
  return within_memory(header, [&] { return decode_whole(bytes, header); });
}

Image ImageDecoder::decode_reduced(std::span<const uint8_t> bytes, int64_t side) {
  const ImageHeader header = checked_header(bytes);
  const int divisor = divisor_for(header, side);
  Image image = within_memory(header, [&] {
    if (divisor > 1 && shrinks_while_decoding(header.format)) return decode_shrunk(bytes, header, divisor);
    Image whole = decode_whole(bytes, header);
    shrink(whole, divisor);
    return whole;
  });
  if (header.height * header.width > kMaxPixelsToKeep) handles_ = std::make_unique<Handles>();
  return image;
}

Image ImageDecoder::decode_shrunk(std::span<const uint8_t> bytes, const ImageHeader& header, int divisor) {
  const ImageHeader reduced = shrunk(header, divisor);
  Image image{.height = reduced.height, .width = reduced.width};
  image.pixels.resize(static_cast<size_t>(image.height * image.width * 3));
  if (header.format == ImageFormat::kJpeg) {
    handles_->jpeg.decode_into(bytes, shrunk(read_jpeg_frame(bytes), divisor), image.pixels.data());
  } else {
    decode_webp_into(bytes, shrunk(read_webp_frame(bytes), divisor), handles_->rgba, image.pixels.data());
  }
  return image;
}

ImageHeader ImageDecoder::reduced_header(std::span<const uint8_t> bytes, int64_t side) {
  const ImageHeader header = checked_header(bytes);
  return shrunk(header, divisor_for(header, side));
}

int64_t ImageDecoder::memory_to_decode_reduced(std::span<const uint8_t> bytes, int64_t side) {
  const ImageHeader header = checked_header(bytes);
  const int divisor = divisor_for(header, side);
  const auto pixels = [](const ImageHeader& size) { return size.height * size.width; };
  const int64_t full = pixels(header), result = 3 * pixels(shrunk(header, divisor));
  switch (header.format) {
    case ImageFormat::kJpeg: {
      const JpegFrame frame = read_jpeg_frame(bytes);
      const int64_t cmyk = frame.components == 4 ? 4 * pixels(shrunk(header, divisor)) : 0;
      // All coefficients of a progressive JPEG are held, two bytes each, with sides rounded up to whole blocks.
      return result + cmyk +
             (frame.progressive ? 2 * frame.components * (header.height + 15) * (header.width + 15) : 0);
    }
    case ImageFormat::kPng:
      return full * 3 + full * 4;  // RGB, and RGBA if there is transparency
    case ImageFormat::kWebp:
      return result + pixels(shrunk(header, divisor)) * 4 + full * 4;  // libwebp decodes a lossless one as ARGB
    case ImageFormat::kRaw:
      return full * 3;
  }
  fail("unknown image format");
}

Image ImageDecoder::decode_whole(std::span<const uint8_t> bytes, const ImageHeader& header) {
  Image image{.height = header.height, .width = header.width};
  image.pixels.resize(static_cast<size_t>(header.height * header.width * 3));
  decode_into(bytes, header, image.pixels.data());
  return image;
}

void ImageDecoder::decode_into(std::span<const uint8_t> bytes, const ImageHeader& header, uint8_t* rgb) {
  const auto require_same = [&header](const auto& frame) {
    check(frame.height == header.height && frame.width == header.width, "the header belongs to these bytes");
    return frame;
  };
  switch (header.format) {
    case ImageFormat::kJpeg:
      return handles_->jpeg.decode_into(bytes, require_same(read_jpeg_frame(bytes)), rgb);
    case ImageFormat::kPng:
      return decode_png_into(bytes, {.height = header.height, .width = header.width}, handles_->rgba, rgb);
    case ImageFormat::kWebp:
      return decode_webp_into(bytes, require_same(read_webp_frame(bytes)), handles_->rgba, rgb);
    case ImageFormat::kRaw:
      std::ranges::copy(raw_image_pixels(bytes), rgb);
  }
}

}  // namespace massface
