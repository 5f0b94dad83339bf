#pragma once

#include <span>
#include <vector>

#include "dataset/dataset.h"

namespace massface {

// The part of a global batch that process `rank` of `world_size` decodes and embeds: contiguous and of equal length
// for every rank, so the slices in the order of ranks are the batch. The images of one identity may be split, since
// mining and losses see the gathered embeddings. A view into `batch`.
// Throws Error when the batch cannot be divided equally.
std::span<const ImageIndex> rank_slice(const std::vector<ImageIndex>& batch, int64_t rank, int64_t world_size);

}  // namespace massface
