#include "cleaning/labelled_embeddings.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "core/error.h"

namespace massface {

LabelledEmbeddings::LabelledEmbeddings(const Tensor& embeddings, std::vector<int64_t> person_of_row, int64_t num_people)
    : embeddings_(embeddings.contiguous()), person_of_row_(std::move(person_of_row)) {
  check(embeddings_.dim() == 2 && embeddings_.scalar_type() == at::kFloat && embeddings_.is_cpu() &&
            embeddings_.size(0) == std::ssize(person_of_row_) && std::ranges::is_sorted(person_of_row_) &&
            (person_of_row_.empty() || (person_of_row_.front() >= 0 && person_of_row_.back() < num_people)),
        "embeddings are float32 [N, D], sorted by person");
  for (int64_t person = 0; person <= num_people; ++person) {
    first_row_.push_back(std::ranges::lower_bound(person_of_row_, person) - person_of_row_.begin());
  }
}

}  // namespace massface
