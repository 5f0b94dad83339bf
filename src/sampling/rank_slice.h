#pragma once

#include <span>
#include <vector>

#include "dataset/dataset.h"

namespace massface {

// Returns the part of a global batch that process `rank` of `world_size` decodes and embeds, as a view into `batch`.
// The slices are contiguous and of equal length; in the order of ranks they make up the batch. The images of one
// identity may be split between processes, since mining and losses use the gathered embeddings. Throws Error if the
// batch cannot be divided equally.
std::span<const ImageIndex> rank_slice(const std::vector<ImageIndex>& batch, int64_t rank, int64_t world_size);

}  // namespace massface
