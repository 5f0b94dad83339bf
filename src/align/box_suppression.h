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
  kUnion,    // intersection over union, of real rectangles
  kSmaller,  // intersection over the smaller of the two, of rectangles of whole pixels (a side is right - left + 1)
};

// Greedy non-maximum suppression: the positions that are kept, the highest score first (of equal ones the lower
// position). A box goes when it overlaps a kept one by more than `limit`.
std::vector<int64_t> suppress_overlaps(std::span<const ScoredBox> boxes, float limit, Overlap overlap);

}  // namespace massface
