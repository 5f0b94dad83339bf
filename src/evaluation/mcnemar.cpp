#include "evaluation/mcnemar.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"

namespace massface {

PairedDecisions compare_decisions(const std::vector<uint8_t>& first_right, const std::vector<uint8_t>& second_right) {
  check(first_right.size() == second_right.size(), "both have decided the same cases");
  PairedDecisions decisions{.cases = std::ssize(first_right)};
  for (size_t i = 0; i < first_right.size(); ++i) {
    decisions.only_first_right += first_right[i] != 0 && second_right[i] == 0;
    decisions.only_second_right += first_right[i] == 0 && second_right[i] != 0;
  }
  decisions.p_value = mcnemar_p_value(decisions.only_first_right, decisions.only_second_right);
  return decisions;
}

// Twice the probability that a fair coin, thrown as often as the two differ, shows heads at most as often as the rarer
// count.
double mcnemar_p_value(int64_t only_first_right, int64_t only_second_right) {
  const auto throws = static_cast<double>(only_first_right + only_second_right);
  const int64_t rarer = std::min(only_first_right, only_second_right);
  double sum = 0;
  for (int64_t heads = 0; heads <= rarer; ++heads) {
    const auto k = static_cast<double>(heads);
    sum +=
        std::exp(std::lgamma(throws + 1) - std::lgamma(k + 1) - std::lgamma(throws - k + 1) - throws * std::log(2.0));
  }
  return std::min(1.0, 2 * sum);
}

}  // namespace massface
