#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "evaluation/evaluate_pairs.h"

namespace massface {

// A pair that was decided wrongly: accepted although it shows two people, or rejected although it shows one.
struct WrongPair {
  int64_t first = 0;  // images, as indices into the caller's list
  int64_t second = 0;
  float distance_squared = 0;
  double threshold_squared_l2 = 0;  // that the decision was made by
};

// The errors in which a person took part. A false accept counts for both of its people.
struct PersonErrors {
  std::string person;
  int64_t comparisons = 0;  // of images of this person, right or wrong
  int64_t false_accepts = 0;
  int64_t false_rejects = 0;

  int64_t errors() const { return false_accepts + false_rejects; }
};

struct PairErrors {
  int64_t false_accepts = 0;
  int64_t false_rejects = 0;
  std::vector<WrongPair> hardest_accepts;  // the nearest first
  std::vector<WrongPair> hardest_rejects;  // the farthest first
  // Those who took part in an error, by descending number of errors, then by their names' bytes. Empty if the set does
  // not name people.
  std::vector<PersonErrors> people;
};

inline constexpr size_t kMostHardPairs = 24;  // of each kind
inline constexpr size_t kMostPeopleShown = 20;

// Finds the errors of the decisions on each fold by the threshold of the other folds. images: indices into
// report.images. A person is the folder of an image; images in memory have none. A set without decisions, since it has
// only matched or only mismatched pairs, has no errors.
PairErrors find_pair_errors(const EvaluationReport& report);

// One value per pair: 1 if its decision was right. Empty if there are no decisions.
std::vector<uint8_t> right_decisions(const EvaluationReport& report);

// Puts the errors into the order above and removes those beyond the numbers above.
void sort_errors(PairErrors& errors);

}  // namespace massface
