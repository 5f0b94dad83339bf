#pragma once

#include <cstdint>

// Sums of pixels of three channels, with the vector instructions of this processor.
namespace massface {

// sums[i] += bytes[i].
void add_bytes(const uint8_t* bytes, int64_t count, uint32_t* sums);

struct PixelRange {
  int64_t begin, end;

  int64_t count() const { return end > begin ? end - begin : 0; }
};

// Writes the sums of each range of pixels: totals [count, 3], from pixels [.., 3]. Reads one number beyond the last
// pixel of a range, and writes one beyond the last total. Sums must be below 2^32.
void add_pixels(const uint32_t* pixels, const PixelRange* ranges, int64_t count, uint32_t* totals);

}  // namespace massface
