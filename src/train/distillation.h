#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/tensor.h"
#include "model/embedder.h"
#include "model/model.h"

namespace massface {

// What a step adds to its loss so that the network learns from another one, its teacher: for each image of the batch,
// augmented as the network sees it, the squared distance between the two embeddings of unit length, 2 - 2 cos. Where
// the teacher's embeddings have another size, a linear map without bias takes the network's to it, and learns with it.
// ("ShrinkTeaNet: Million-scale Lightweight Face Recognition via Shrinking Teacher-Student Networks", arXiv:1905.10620,
// equation 4, compares the directions of embeddings alone as well.)
class Distillation {
 public:
  // teacher: takes images of the student's size (open_teacher). seed: of the linear map.
  Distillation(const Model& teacher, double weight, const Model& student, bool bf16, uint64_t seed);

  // Returns this process's share of the mean over a batch of `images_of_all` images, before its weight. embeddings:
  // float32 [N, D], of this process's share of the batch, not normalised. images: those images, uint8 [N, H, W, 3].
  Tensor distance(const Tensor& embeddings, const Tensor& images, int64_t images_of_all) const;
  double weight() const { return weight_; }

  // The linear map, "distill.map", on the student's device; empty without one. All processes have the same.
  std::vector<std::pair<std::string, Tensor>> parameters() const;

 private:
  double weight_;
  Embedder teacher_;
  Tensor map_;  // [teacher's size, student's size]; undefined if they are equal
};

}  // namespace massface
