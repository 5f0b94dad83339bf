#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace massface {

enum class FileUse {
  kUnknown,
  kPhotograph,  // an image that MassFace decodes
  kOtherImage,
  kFilm,
  kArchive,
  kCheckpoint,  // of PyTorch, or an archive that may be one
  kProgram,     // a network with its computation, such as ONNX
  kNotTheFile,  // what stands in for a file that was not fetched
  kDatabase,    // a gallery, or another file of SQLite
  kLitter,      // what other programs leave in folders
};

struct FileKind {
  std::string_view name;  // such as "a HEIC photograph"; "" if unknown
  FileUse use = FileUse::kUnknown;
  std::string_view cure = "";  // what to do about a file that is not the one that was meant; "" if that depends
};

// Tells what a file is by its first bytes; 512 suffice. Knows images, films, archives, networks in the formats of other
// programs, web pages and git-LFS pointers. Does not throw.
FileKind kind_of_file(std::span<const uint8_t> bytes);

// The same as a sentence to append to a message, such as " It is an HTML page; download it again." "" if unknown.
std::string kind_sentence(std::span<const uint8_t> bytes);

}  // namespace massface
