#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace massface {

// XXH3, 64 bits: for fingerprints and damage detection, not for secrets.
uint64_t hash64(std::span<const uint8_t> bytes, uint64_t seed = 0);
uint64_t hash64(std::string_view text, uint64_t seed = 0);

// Sixteen lower-case hexadecimal digits.
std::string hex(uint64_t value);

}  // namespace massface
