#include "sampling/rank_slice.h"

#include "core/error.h"

namespace massface {

std::span<const ImageIndex> rank_slice(const std::vector<ImageIndex>& batch, int64_t rank, int64_t world_size) {
  check(world_size >= 1 && rank >= 0 && rank < world_size, "a rank is in [0, world_size)");
  const auto size = static_cast<int64_t>(batch.size());
  require(size % world_size == 0,
          "a batch of {} images cannot be divided equally among {} processes. Choose a batch that is a multiple of {}",
          size, world_size, world_size);
  const auto part = static_cast<size_t>(size / world_size);
  return std::span(batch).subspan(static_cast<size_t>(rank) * part, part);
}

}  // namespace massface
