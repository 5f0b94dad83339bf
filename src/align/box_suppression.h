#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "align/face.h"

namespace massface {

struct ScoredBox {
  FaceBox box;
  float score;
};

enum class Overlap {
  kUnion,    // intersection over union, of rectangles with real coordinates
  kSmaller,  // intersection over the smaller area, of rectangles of whole pixels (a side is right - left + 1)
};

// Greedy non-maximum suppression. Returns the positions of the boxes that are kept, highest score first (among equal
// scores, the lower position first). A box is dropped if it overlaps a kept one by more than `limit`.
std::vector<int64_t> suppress_overlaps(std::span<const ScoredBox> boxes, float limit, Overlap overlap);

}  // namespace massface
