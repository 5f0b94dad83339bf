#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace massface {

// Encodes bytes as text (RFC 4648, section 4, with padding).
std::string base64(std::span<const uint8_t> bytes);

}  // namespace massface
