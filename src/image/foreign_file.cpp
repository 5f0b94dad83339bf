#include "image/foreign_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "core/error.h"
#include "core/file_kind.h"
#include "image/decode.h"

namespace massface {
namespace {

std::string_view what_to_do(const FileKind& kind) {
  switch (kind.use) {
    case FileUse::kOtherImage:
      return "convert it to JPEG or PNG";
    case FileUse::kFilm:
      return "extract frames as JPEG or PNG if its faces are wanted";
    case FileUse::kArchive:
    case FileUse::kCheckpoint:
      return "unpack it if it holds photographs";
    case FileUse::kProgram:
    case FileUse::kLitter:
      return "it is not a photograph and can be removed";
    case FileUse::kNotTheFile:
      return kind.cure;
    case FileUse::kDatabase:
      return "it is not a photograph";
    case FileUse::kPhotograph:  // the caller recognizes these before
    case FileUse::kUnknown:
      return "";
  }
  fail("unknown kind of file");
}

}  // namespace

void refuse_foreign_file(std::span<const uint8_t> bytes) {
  if (bytes.empty()) throw BadImage("empty (0 bytes)");
  std::string first;
  for (const uint8_t byte : bytes.first(std::min<size_t>(bytes.size(), 4))) first += fmt::format(" {:02x}", byte);
  const FileKind kind = kind_of_file(bytes);
  const std::string_view cure = what_to_do(kind);
  throw BadImage(fmt::format("not a JPEG, PNG or WebP (first bytes{}){}", first,
                             cure.empty() ? "" : fmt::format(": {}; {}", kind.name, cure)));
}

}  // namespace massface
