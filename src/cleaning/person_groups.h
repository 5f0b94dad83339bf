#pragma once

#include <vector>

#include "cleaning/labelled_embeddings.h"

namespace massface {

// Rows that show one person.
struct PersonGroup {
  std::vector<int64_t> rows;  // ascending
  std::vector<float> centre;  // [D], of unit length, of the rows that made the group
};

struct GroupSimilarity {
  double tight;  // of the images that make a group
  double loose;  // of those that join it then
};

// Finds groups among rows that do not fit their person: at least `smallest` rows with a cosine of `tight` to the centre
// of the group's other rows, and then all with one of `loose`. A row is in one group at most. The groups are found one
// after another, each from the row with the most similar others.
std::vector<PersonGroup> find_groups(const LabelledEmbeddings& set, std::vector<int64_t> rows,
                                     const GroupSimilarity& similarity, int64_t smallest);

}  // namespace massface
