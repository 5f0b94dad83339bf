#include "align/box_suppression.h"

#include <algorithm>
#include <numeric>

namespace massface {
namespace {

float overlap_of(const FaceBox& a, const FaceBox& b, Overlap overlap) {
  const float pixel = overlap == Overlap::kSmaller ? 1.0f : 0.0f;
  const auto area = [pixel](const FaceBox& box) { return (box.width() + pixel) * (box.height() + pixel); };
  const FaceBox common{std::max(a.left, b.left), std::max(a.top, b.top), std::min(a.right, b.right),
                       std::min(a.bottom, b.bottom)};
  const float shared = std::max(common.width() + pixel, 0.0f) * std::max(common.height() + pixel, 0.0f);
  return shared / (overlap == Overlap::kSmaller ? std::min(area(a), area(b)) : area(a) + area(b) - shared);
}

}  // namespace

std::vector<int64_t> suppress_overlaps(std::span<const ScoredBox> boxes, float limit, Overlap overlap) {
  std::vector<int64_t> order(boxes.size()), kept;
  std::iota(order.begin(), order.end(), 0);
  const auto box = [&](int64_t i) -> const ScoredBox& { return boxes[static_cast<size_t>(i)]; };
  std::ranges::stable_sort(order, std::greater(), [&](int64_t i) { return box(i).score; });
  for (const int64_t i : order) {
    const bool suppressed =
        std::ranges::any_of(kept, [&](int64_t k) { return overlap_of(box(i).box, box(k).box, overlap) > limit; });
    if (!suppressed) kept.push_back(i);
  }
  return kept;
}

}  // namespace massface
