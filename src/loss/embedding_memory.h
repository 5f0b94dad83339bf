#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/tensor.h"

namespace massface {

// The embeddings of the newest images that a phase has trained on, without gradient: a batch then has negatives, and
// positives, beyond its own ("Cross-Batch Memory for Embedding Learning", arXiv:1912.06798). Towards the end of a
// training the network changes slowly enough for embeddings of hundreds of steps ago to be nearly right; drift() says
// how nearly.
class EmbeddingMemory {
 public:
  // capacity: at least 1. The tensors are on the CPU.
  EmbeddingMemory(int64_t capacity, int64_t embedding_size);

  // The images that are held, in no particular order: float32 [n, D], int64 [n], int64 [n].
  struct Held {
    Tensor embeddings, labels, images;
  };
  Held held() const;
  int64_t size() const;

  // Adds a batch in the place of the oldest. embeddings: float32 [B, D] of unit length; labels, images: int64 [B].
  // A batch larger than the memory leaves its last ones.
  void add(const Tensor& embeddings, const Tensor& labels, const Tensor& images);

  // Returns the mean squared distance between what is held of an image and its embedding in this batch, over the
  // images of which something is held; NaN if there is none.
  double drift(const Tensor& embeddings, const Tensor& images) const;

  // The memory as tensors of fixed shapes, themselves and not copies, for checkpoints.
  std::vector<std::pair<std::string, Tensor>> buffers() const;

 private:
  Tensor embeddings_, labels_, images_;
  Tensor written_;  // int64 [1]: images added so far
};

}  // namespace massface
