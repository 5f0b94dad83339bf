#pragma once

#include <cstdint>
#include <span>

namespace massface {

// Throws BadImage for a file that begins neither as a JPEG nor as a PNG, WebP or raw image. The message says what it is
// instead, if its first bytes tell (core/file_kind.h), and what to do.
[[noreturn]] void refuse_foreign_file(std::span<const uint8_t> bytes);

}  // namespace massface
