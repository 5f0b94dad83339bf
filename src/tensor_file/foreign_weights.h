#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace massface {

// Says what a file is that was to hold weights and does not, with what to do: "it is an HTML page; download it again".
// Returns "" if its first bytes do not tell (core/file_kind.h).
std::string foreign_weights(std::span<const uint8_t> bytes);

}  // namespace massface
