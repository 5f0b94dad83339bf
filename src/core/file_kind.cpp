#include "core/file_kind.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <string>

namespace massface {
namespace {

using std::string_view_literals::operator""sv;

struct Signature {
  size_t position;
  std::string_view bytes;
  FileKind kind;
};

constexpr FileKind kRaw{"a camera's raw file", FileUse::kOtherImage};
constexpr FileKind kTiff{"a TIFF image", FileUse::kOtherImage};
constexpr FileKind kTiffOrRaw{"a TIFF image or a camera's raw file", FileUse::kOtherImage};
constexpr FileKind kGif{"a GIF image", FileUse::kOtherImage};
constexpr FileKind kJpegXl{"a JPEG XL image", FileUse::kOtherImage};
constexpr FileKind kJpeg2000{"a JPEG 2000 image", FileUse::kOtherImage};
constexpr FileKind kQuickTime{"a film (QuickTime)", FileUse::kFilm};
constexpr FileKind kPage{"an HTML page", FileUse::kNotTheFile,
                         "probably what a server answered instead of the file; download it again"};

constexpr std::array kSignatures{
    Signature{0, "\xFF\xD8\xFF"sv, {"a JPEG", FileUse::kPhotograph}},
    Signature{0, "\x89PNG\r\n\x1A\n"sv, {"a PNG image", FileUse::kPhotograph}},
    Signature{8, "WEBP"sv, {"a WebP image", FileUse::kPhotograph}},
    Signature{0, "GIF87a"sv, kGif},
    Signature{0, "GIF89a"sv, kGif},
    Signature{0, "II*\0"sv, kTiffOrRaw},
    Signature{0, "MM\0*"sv, kTiffOrRaw},
    Signature{0, "II+\0"sv, kTiff},
    Signature{0, "MM\0+"sv, kTiff},
    Signature{0, "IIRO"sv, kRaw},
    Signature{0, "IIU\0"sv, kRaw},
    Signature{0, "FUJIFILMCCD-RAW"sv, kRaw},
    Signature{0, "8BPS"sv, {"a Photoshop document", FileUse::kOtherImage}},
    Signature{0, "\xFF\x0A"sv, kJpegXl},
    Signature{0, "\0\0\0\x0CJXL \r\n"sv, kJpegXl},
    Signature{0, "\0\0\0\x0CjP  \r\n"sv, kJpeg2000},
    Signature{0, "\xFF\x4F\xFF\x51"sv, kJpeg2000},
    Signature{0, "%PDF-"sv, {"a PDF document", FileUse::kOtherImage}},
    Signature{8, "AVI "sv, {"a film (AVI)", FileUse::kFilm}},
    Signature{0, "\x1A\x45\xDF\xA3"sv, {"a film (Matroska or WebM)", FileUse::kFilm}},
    Signature{0, "\0\0\x01\xBA"sv, {"a film (MPEG)", FileUse::kFilm}},
    Signature{0, "\x30\x26\xB2\x75\x8E\x66\xCF\x11"sv, {"a film (WMV)", FileUse::kFilm}},
    Signature{0, "FLV\x01"sv, {"a film (FLV)", FileUse::kFilm}},
    Signature{4, "moov"sv, kQuickTime},
    Signature{4, "mdat"sv, kQuickTime},
    Signature{0, "PK\x03\x04"sv, {"a ZIP archive or a PyTorch checkpoint", FileUse::kCheckpoint}},
    Signature{0, "\x80\x02\x8A\x0A\x6C\xFC\x9C\x46\xF9"sv, {"a PyTorch checkpoint", FileUse::kCheckpoint}},
    Signature{0, "\x1F\x8B"sv, {"a gzip archive", FileUse::kArchive}},
    Signature{257, "ustar"sv, {"a tar archive", FileUse::kArchive}},
    Signature{0, "Rar!\x1A\x07"sv, {"a RAR archive", FileUse::kArchive}},
    Signature{0, "7z\xBC\xAF\x27\x1C"sv, {"a 7-Zip archive", FileUse::kArchive}},
    Signature{0, "\x89HDF\r\n\x1A\n"sv, {"an HDF5 file, as Keras writes them", FileUse::kProgram}},
    Signature{4, "TFL3"sv, {"a TensorFlow Lite network", FileUse::kProgram}},
    Signature{0,
              "version https://git-lfs"sv,
              {"a git-LFS pointer, not the file itself", FileUse::kNotTheFile, "fetch it with: git lfs pull"}},
    Signature{
        0, "SQLite format 3\0"sv, {"a gallery (massface gallery), or another SQLite database", FileUse::kDatabase}},
    Signature{0, "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"sv, {"a document of Windows (such as Thumbs.db)", FileUse::kLitter}},
};

bool has_at(std::span<const uint8_t> bytes, size_t position, std::string_view text) {
  return bytes.size() >= position + text.size() &&
         std::ranges::equal(bytes.subspan(position, text.size()), text,
                            [](uint8_t a, char b) { return a == static_cast<uint8_t>(b); });
}

FileKind kind_by_signature(std::span<const uint8_t> bytes) {
  for (const Signature& known : kSignatures) {
    const bool in_riff = known.position != 8 || has_at(bytes, 0, "RIFF");
    if (in_riff && has_at(bytes, known.position, known.bytes)) return known.kind;
  }
  return {};
}

// HEIC, AVIF and films share a container (ISO 14496-12), whose first box names the brand.
FileKind kind_by_brand(std::span<const uint8_t> bytes) {
  if (!has_at(bytes, 4, "ftyp") || bytes.size() < 12) return {};
  const std::string brand(bytes.begin() + 8, bytes.begin() + 12);
  const auto is_one_of = [&brand](std::initializer_list<std::string_view> brands) {
    return std::ranges::find(brands, brand) != brands.end();
  };
  if (is_one_of({"avif", "avis"})) return {"an AVIF image", FileUse::kOtherImage};
  if (is_one_of({"heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1"})) {
    return {"a HEIC photograph", FileUse::kOtherImage};
  }
  if (brand == "crx ") return kRaw;
  return {"a film (MP4 or QuickTime)", FileUse::kFilm};
}

// "BM" alone could begin any text; the header behind it has one of a few sizes.
FileKind kind_of_bitmap(std::span<const uint8_t> bytes) {
  constexpr std::array kHeaderSizes{12, 40, 52, 56, 64, 108, 124};
  if (!has_at(bytes, 0, "BM") || bytes.size() < 18 || bytes[15] != 0 || bytes[16] != 0 || bytes[17] != 0) return {};
  if (std::ranges::find(kHeaderSizes, bytes[14]) == kHeaderSizes.end()) return {};
  return {"a BMP image", FileUse::kOtherImage};
}

// A protocol buffer has no signature: an ONNX file begins with its version (field 1) and its producer's name (field 2).
FileKind kind_of_protocol_buffer(std::span<const uint8_t> bytes) {
  if (bytes.size() < 8 || bytes[0] != 0x08 || bytes[1] == 0 || bytes[1] > 32 || bytes[2] != 0x12) return {};
  const size_t length = bytes[3];
  if (length > 64 || bytes.size() < 4 + length) return {};
  const auto name = bytes.subspan(4, length);
  if (!std::ranges::all_of(name, [](uint8_t c) { return std::isprint(c) != 0; })) return {};
  return {"an ONNX network", FileUse::kProgram};
}

// Markup may begin with a byte-order mark and white space, in capitals or small letters.
FileKind kind_of_markup(std::span<const uint8_t> bytes) {
  if (has_at(bytes, 0, "\xEF\xBB\xBF")) bytes = bytes.subspan(3);
  while (!bytes.empty() && std::isspace(bytes.front()) != 0) bytes = bytes.subspan(1);
  std::string start(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(std::min<size_t>(bytes.size(), 14)));
  std::ranges::transform(start, start.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (start.starts_with("<!doctype html") || start.starts_with("<html") || start.starts_with("<head")) return kPage;
  if (start.starts_with("<svg")) return {"an SVG drawing", FileUse::kOtherImage};
  if (start.starts_with("<?xml")) return {"an XML document", FileUse::kNotTheFile, kPage.cure};
  return {};
}

}  // namespace

FileKind kind_of_file(std::span<const uint8_t> bytes) {
  for (const auto& recognize :
       {kind_by_signature, kind_by_brand, kind_of_bitmap, kind_of_protocol_buffer, kind_of_markup}) {
    if (const FileKind kind = recognize(bytes); kind.use != FileUse::kUnknown) return kind;
  }
  return {};
}

std::string kind_sentence(std::span<const uint8_t> bytes) {
  const FileKind kind = kind_of_file(bytes);
  if (kind.name.empty()) return "";
  return fmt::format(" It is {}{}{}.", kind.name, kind.cure.empty() ? "" : "; ", kind.cure);
}

}  // namespace massface
