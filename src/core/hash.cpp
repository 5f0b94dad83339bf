#include "core/hash.h"

#include <fmt/format.h>
#include <xxhash.h>

namespace massface {

uint64_t hash64(std::span<const uint8_t> bytes, uint64_t seed) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

uint64_t hash64(std::string_view text, uint64_t seed) { return XXH3_64bits_withSeed(text.data(), text.size(), seed); }

std::string hex(uint64_t value) { return fmt::format("{:016x}", value); }

}  // namespace massface
