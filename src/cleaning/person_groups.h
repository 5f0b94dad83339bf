#pragma once

#include <vector>

#include "cleaning/labelled_embeddings.h"

namespace massface {

// Rows that show one person.
struct PersonGroup {
  std::vector<int64_t> rows;  // ascending
  std::vector<float> centre;  // [D], of unit length
};

// Finds groups among rows that do not fit their person: every row of a group has a cosine of at least `similarity` to
// the centre of the group's other rows. A row is in one group at most; groups of less than `smallest` rows are left
// out. The groups are found one after another, each from the row with the most similar others.
std::vector<PersonGroup> find_groups(const LabelledEmbeddings& set, std::vector<int64_t> rows, double similarity,
                                     int64_t smallest);

}  // namespace massface
