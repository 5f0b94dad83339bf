#include "image/decode.h"

#include <algorithm>
#include <array>

#include "image/jpeg.h"
#include "image/png.h"
#include "image/raw_image.h"

namespace massface {
namespace {

constexpr std::array<uint8_t, 3> kJpegStart{0xFF, 0xD8, 0xFF};
constexpr std::array<uint8_t, 8> kPngStart{0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};

bool starts_with(std::span<const uint8_t> bytes, std::span<const uint8_t> start) {
  return bytes.size() >= start.size() && std::ranges::equal(bytes.first(start.size()), start);
}

ImageFormat format_of(std::span<const uint8_t> bytes) {
  if (bytes.empty()) throw BadImage("empty (0 bytes)");
  if (starts_with(bytes, kJpegStart)) return ImageFormat::kJpeg;
  if (starts_with(bytes, kPngStart)) return ImageFormat::kPng;
  if (starts_as_raw_image(bytes)) return ImageFormat::kRaw;
  std::string first;
  for (const uint8_t byte : bytes.first(std::min<size_t>(bytes.size(), 4))) first += fmt::format(" {:02x}", byte);
  throw BadImage(fmt::format("not a JPEG or PNG (first bytes{})", first));
}

// Fewer bytes cannot hold so many pixels: a Huffman-coded scan spends a bit on each block of 8x8 (a fourth of that
// leaves room for odd sampling factors), a PNG one bit a pixel, which deflate packs at best 1032 to 1. Without this, a
// hundred damaged bytes could ask for a gigabyte.
bool can_hold(std::span<const uint8_t> bytes, const ImageHeader& header) {
  int64_t least_bytes = 0;  // a raw image's were counted with its header
  if (header.format == ImageFormat::kPng) {
    least_bytes = header.height * header.width / (8 * 1032);
  } else if (header.format == ImageFormat::kJpeg && !read_jpeg_frame(bytes).arithmetic) {
    least_bytes = (header.height + 7) / 8 * ((header.width + 7) / 8) / 32;
  }
  return static_cast<int64_t>(bytes.size()) >= least_bytes;
}

ImageHeader checked_header(std::span<const uint8_t> bytes) {
  const ImageHeader header = read_image_header(bytes);
  if (can_hold(bytes, header)) return header;
  throw BadImage(fmt::format("truncated: {} bytes cannot hold the {} x {} pixels (width x height) it announces",
                             bytes.size(), header.width, header.height));
}

}  // namespace

struct ImageDecoder::Handles {
  JpegDecoder jpeg;
  std::vector<uint8_t> rgba;
};

ImageHeader read_image_header(std::span<const uint8_t> bytes) {
  ImageHeader header{.format = format_of(bytes)};
  if (header.format == ImageFormat::kJpeg) {
    const JpegFrame frame = read_jpeg_frame(bytes);
    header.height = frame.height;
    header.width = frame.width;
  } else if (header.format == ImageFormat::kRaw) {
    const RawImageSize size = read_raw_image_size(bytes);
    header.height = size.height;
    header.width = size.width;
  } else {
    const PngSize size = read_png_size(bytes);
    header.height = size.height;
    header.width = size.width;
  }
  // Both sides are below 2^32, the product may pass 2^63.
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

Image ImageDecoder::decode(std::span<const uint8_t> bytes) { return decode_whole(bytes, checked_header(bytes)); }

Image ImageDecoder::decode_reduced(std::span<const uint8_t> bytes, int64_t side) {
  const ImageHeader header = checked_header(bytes);
  int divisor = 1;
  while (divisor < 8 && std::max(header.height, header.width) >= 2 * divisor * side) divisor *= 2;
  if (header.format != ImageFormat::kJpeg || divisor == 1) return decode_whole(bytes, header);
  const JpegFrame frame = shrunk_frame(read_jpeg_frame(bytes), divisor);
  Image image{.height = frame.height, .width = frame.width};
  image.pixels.resize(static_cast<size_t>(frame.height * frame.width * 3));
  handles_->jpeg.decode_into(bytes, frame, image.pixels.data());
  return image;
}

Image ImageDecoder::decode_whole(std::span<const uint8_t> bytes, const ImageHeader& header) {
  Image image{.height = header.height, .width = header.width};
  image.pixels.resize(static_cast<size_t>(header.height * header.width * 3));
  decode_into(bytes, header, image.pixels.data());
  return image;
}

void ImageDecoder::decode_into(std::span<const uint8_t> bytes, const ImageHeader& header, uint8_t* rgb) {
  if (header.format == ImageFormat::kRaw) {
    std::ranges::copy(raw_image_pixels(bytes), rgb);
    return;
  }
  if (header.format == ImageFormat::kPng) {
    return decode_png_into(bytes, {.height = header.height, .width = header.width}, handles_->rgba, rgb);
  }
  const JpegFrame frame = read_jpeg_frame(bytes);
  check(frame.height == header.height && frame.width == header.width, "the header belongs to these bytes");
  handles_->jpeg.decode_into(bytes, frame, rgb);
}

}  // namespace massface
