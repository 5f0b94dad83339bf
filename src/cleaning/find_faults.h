#pragma once

#include <functional>
#include <string>
#include <vector>

#include "cleaning/fault_options.h"
#include "cleaning/faults.h"
#include "cleaning/similarity_search.h"

namespace massface {

// People of a test set.
struct TestPeople {
  std::vector<std::string> names;  // [T]
  Tensor centres;                  // float32 [T, D] of unit length, on the CPU
};

// Returns which of these pairs of rows, whose embeddings are nearly equal, show the same picture.
using SamePicture = std::function<std::vector<bool>(const std::vector<SimilarPair>& pairs)>;

// Finds the faults in the labels of a set (docs/cleaning.md) and suggests what to do about them; an image is suggested
// one change at most, and the suggestions do not contradict each other. A pure function of its arguments. test: may be
// null. Throws Error if the set has less than two people whose images agree with each other, and Interrupted.
LabelFaults find_faults(const LabelledEmbeddings& set, const FaultOptions& options, const SamePicture& same_picture,
                        const TestPeople* test = nullptr);

}  // namespace massface
