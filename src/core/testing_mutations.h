#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "core/random.h"

namespace massface {

// For tests of readers: calls `read` with `rounds` damaged copies of a valid file, each with one to four flipped,
// dropped, inserted or copied bytes. The copies are the same in every run. Three out of four edits fall into the first
// `interesting` bytes, where they have the most effect.
template <typename Read>
void try_mutations(const std::vector<uint8_t>& original, size_t interesting, uint64_t rounds, const Read& read) {
  for (uint64_t round = 0; round < rounds; ++round) {
    Random random(1, RandomStream::kAugment, round);
    std::vector<uint8_t> bytes = original;
    for (uint64_t edits = 1 + random.below(4); edits > 0; --edits) {
      const size_t limit = random.below(4) > 0 ? std::min(interesting, bytes.size()) : bytes.size();
      const size_t place = random.below(std::max<size_t>(limit, 1));
      const auto any_byte = static_cast<uint8_t>(random.below(256));
      if (bytes.empty()) break;
      switch (random.below(8)) {
        case 0:
          bytes.resize(place);
          break;
        case 1:
        case 2:
          bytes.insert(bytes.begin() + static_cast<ptrdiff_t>(place), any_byte);
          break;
        case 3:
          bytes.erase(bytes.begin() + static_cast<ptrdiff_t>(place));
          break;
        case 4:
          bytes[place] = original[random.below(original.size())];
          break;
        default:
          bytes[place] ^= static_cast<uint8_t>(1 << random.below(8));
      }
    }
    read(bytes);
  }
}

}  // namespace massface
