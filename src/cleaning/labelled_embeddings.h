#pragma once

#include <cstdint>
#include <vector>

#include "core/tensor.h"

namespace massface {

// The embeddings of the readable images of a set, person by person.
class LabelledEmbeddings {
 public:
  // embeddings: float32 [N, D] of unit length, on the CPU. person_of_row: [N], ascending, each below num_people. A
  // person may have no row.
  LabelledEmbeddings(const Tensor& embeddings, std::vector<int64_t> person_of_row, int64_t num_people);

  const Tensor& embeddings() const { return embeddings_; }
  int64_t rows() const { return embeddings_.size(0); }
  int64_t dimensions() const { return embeddings_.size(1); }
  const float* row(int64_t i) const { return embeddings_.const_data_ptr<float>() + i * dimensions(); }

  int64_t people() const { return static_cast<int64_t>(first_row_.size()) - 1; }
  const std::vector<int64_t>& person_of_row() const { return person_of_row_; }
  int64_t person_of(int64_t row) const { return person_of_row_[static_cast<size_t>(row)]; }
  // The rows of a person: [first_row(person), first_row(person + 1)).
  int64_t first_row(int64_t person) const { return first_row_[static_cast<size_t>(person)]; }
  int64_t rows_of(int64_t person) const { return first_row(person + 1) - first_row(person); }

 private:
  Tensor embeddings_;
  std::vector<int64_t> person_of_row_;
  std::vector<int64_t> first_row_;  // people() + 1 entries
};

}  // namespace massface
