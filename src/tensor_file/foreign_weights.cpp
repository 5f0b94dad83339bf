#include "tensor_file/foreign_weights.h"

#include <fmt/format.h>

#include "core/file_kind.h"

namespace massface {

std::string foreign_weights(std::span<const uint8_t> bytes) {
  const FileKind kind = kind_of_file(bytes);
  std::string_view what_to_do = kind.cure;
  switch (kind.use) {
    case FileUse::kUnknown:
      return "";
    case FileUse::kCheckpoint:
      what_to_do = "massface import FILE --backbone NAME --out NEW.safetensors converts a PyTorch checkpoint";
      break;
    case FileUse::kProgram:
      what_to_do = "convert the PyTorch checkpoint that it was exported from (massface import)";
      break;
    case FileUse::kArchive:
      what_to_do = "unpack it";
      break;
    case FileUse::kPhotograph:
    case FileUse::kOtherImage:
    case FileUse::kFilm:
    case FileUse::kDatabase:
    case FileUse::kLitter:
    case FileUse::kNotTheFile:
      break;
  }
  return fmt::format("it is {}{}{}", kind.name, what_to_do.empty() ? "" : "; ", what_to_do);
}

}  // namespace massface
