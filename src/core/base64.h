#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace massface {

// Encodes bytes as text (RFC 4648, section 4, with padding).
std::string base64(std::span<const uint8_t> bytes);

// Returns the bytes that such a text encodes; nullopt if it is none.
std::optional<std::vector<uint8_t>> decode_base64(std::string_view text);

}  // namespace massface
