#pragma once

#include <cstdint>
#include <vector>

namespace massface {

// Two classifiers that decided the same cases.
struct PairedDecisions {
  int64_t cases = 0;
  int64_t only_first_right = 0;
  int64_t only_second_right = 0;
  // The probability of counts at least as unequal if the two were equally good: McNemar's test in its exact, two-sided
  // form ("Note on the Sampling Error of the Difference Between Correlated Proportions", Psychometrika 12, 1947). It
  // takes the cases as independent; pairs that share images are not quite, so the true probability is somewhat higher.
  double p_value = 1;
};

// first_right, second_right: one value per case, 1 if the decision was right; as many in both.
PairedDecisions compare_decisions(const std::vector<uint8_t>& first_right, const std::vector<uint8_t>& second_right);

// The p-value for these counts.
double mcnemar_p_value(int64_t only_first_right, int64_t only_second_right);

}  // namespace massface
