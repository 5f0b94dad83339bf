#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "dataset/dataset.h"
#include "evaluation/evaluate_pairs.h"
#include "evaluation/pair_errors.h"
#include "evaluation/score_histogram.h"

namespace massface {

// The distances of all pairs of different rows. embeddings: float32 [N, D] of unit length, contiguous, on the CPU.
// people: [N]; equal numbers are one person. Takes N^2 D multiply-adds and, whatever N, 16 MB per thread and 64 rows of
// distances. Throws Error if a number is not finite.
ScoreHistogram scores_of_all_pairs(const Tensor& embeddings, const std::vector<int64_t>& people);

// Finds the pairs of rows that a threshold decides wrongly, and the people among them, who are called
// names[people[row]]. The rest as above.
PairErrors errors_of_all_pairs(const Tensor& embeddings, const std::vector<int64_t>& people,
                               const std::vector<std::string>& names, double threshold_squared_l2);

// Whether the errors of a set are to be listed, which takes as long as its comparisons.
enum class ErrorList { kNone, kHardest };

struct AllPairsReport {
  std::string name;
  int64_t num_images = 0;  // compared
  int64_t num_people = 0;  // of the set
  std::vector<UnreadableImage> unreadable;
  ScoreHistogram scores;
  // With ErrorList::kHardest: the errors at the largest threshold that holds a false match rate of 1e-3, or, if the
  // comparisons are too few to tell, at that of equal errors. Images are indices into the set.
  PairErrors errors;
  std::string fingerprint;  // of the set
  double seconds = 0;       // loading and embedding
};

// Embeds a set and compares each of its images with each other one. Images that cannot be read are left out with a
// warning. Throws Error if there are no matched or no mismatched pairs, and for images of another size as
// evaluate_pairs() does. options.folds and options.subtract_mean are not used. Several processes share the embedding.
AllPairsReport evaluate_all_pairs(const Embedder& embedder, const Dataset& set, const std::string& name,
                                  const EvaluationOptions& options, ErrorList list = ErrorList::kNone,
                                  const std::shared_ptr<Processes>& processes = single_process());

}  // namespace massface
