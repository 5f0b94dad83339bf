#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "evaluation/verification.h"
#include "model/embedder.h"

namespace massface {

// A pair as two rows of a table of embeddings.
struct IndexPair {
  int64_t first = 0;
  int64_t second = 0;
  bool same = false;
  int64_t fold = 0;  // 0-based
};

// embeddings: float32 [N, D] on the CPU, rows of unit length.
PairDistances pair_distances(const Tensor& embeddings, const std::vector<IndexPair>& pairs);

// The same of rows from which a mean was subtracted before they were scaled to unit length: that of the rows which the
// pairs outside `left_out` name, as often as they name them; of all pairs where there is no other fold.
// embeddings: float32 [N, D] on the CPU, of any length.
PairDistances centered_pair_distances(const Tensor& embeddings, const std::vector<IndexPair>& pairs,
                                      std::optional<int64_t> left_out);

struct UnreadableRow {
  int64_t index = 0;
  std::string reason;
};

struct EmbeddedImages {
  // float32 [N, D] on the CPU, not yet of unit length; the row of an unreadable image means nothing.
  Tensor embeddings;
  std::vector<UnreadableRow> unreadable;  // by ascending index
};

// Decodes images [first, end) to uint8 [end - first, height, width, 3] and reports those that cannot be read.
using ChunkLoader = std::function<Tensor(int64_t first, int64_t end, std::vector<UnreadableRow>& unreadable)>;

// Images held decoded at a time: 1,024 of 112 x 112 are 39 MB, however many there are in all.
inline constexpr int64_t kImagesPerChunk = 1024;

// count: at least 1.
EmbeddedImages embed_in_chunks(const Embedder& embedder, int64_t count, const ChunkLoader& load, Flip flip,
                               int64_t batch_size);

}  // namespace massface
