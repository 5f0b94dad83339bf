#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "evaluation/verification.h"
#include "model/embedder.h"

namespace massface {

// A pair, as the indices of two rows in a table of embeddings.
struct IndexPair {
  int64_t first = 0;
  int64_t second = 0;
  bool same = false;
  int64_t fold = 0;  // 0-based
};

// embeddings: float32 [N, D] on the CPU, rows of unit length.
PairDistances pair_distances(const Tensor& embeddings, const std::vector<IndexPair>& pairs);

// Like pair_distances, but subtracts a mean from the rows before scaling them to unit length: the mean of the rows that
// the pairs outside the fold `left_out` name, counted as often as they are named, or of all pairs if there is no other
// fold or left_out is nullopt. embeddings: float32 [N, D] on the CPU, rows of any length.
PairDistances centered_pair_distances(const Tensor& embeddings, const std::vector<IndexPair>& pairs,
                                      std::optional<int64_t> left_out);

struct UnreadableRow {
  int64_t index = 0;
  std::string reason;
};

struct EmbeddedImages {
  // float32 [N, D] on the CPU, not yet of unit length; the row of an unreadable image is meaningless.
  Tensor embeddings;
  std::vector<UnreadableRow> unreadable;  // by ascending index
};

// Decodes images [first, end) to uint8 [end - first, height, width, 3] and adds those that it cannot read to
// `unreadable`.
using ChunkLoader = std::function<Tensor(int64_t first, int64_t end, std::vector<UnreadableRow>& unreadable)>;

// Number of decoded images held at a time: 1,024 images of 112 x 112 take 39 MB, however many there are in total.
inline constexpr int64_t kImagesPerChunk = 1024;

// Loads and embeds `count` images (at least 1), chunk by chunk.
EmbeddedImages embed_in_chunks(const Embedder& embedder, int64_t count, const ChunkLoader& load, Flip flip,
                               int64_t batch_size);

}  // namespace massface
