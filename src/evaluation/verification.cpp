#include "evaluation/verification.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "core/error.h"
#include "core/files.h"
#include "core/log.h"

namespace massface {
namespace {

struct Pair {
  float distance_squared;
  bool same;
  int64_t fold;
};

using Pairs = std::vector<Pair>;  // by ascending distance

// The number of pairs that thresholds in (lower, upper] accept. The cuts of a set of pairs cover all thresholds without
// overlap, from lowest to highest.
struct Cut {
  double lower;
  double upper;
  int64_t true_accepts;
  int64_t false_accepts;
};

int64_t count_same(const Pairs& pairs) { return std::ranges::count(pairs, true, &Pair::same); }

// part: names the pairs in the message. Folds are 0-based in the code and counted from 1 in messages.
void require_both_kinds(const Pairs& pairs, const std::string& name, const std::string& part) {
  const int64_t same = count_same(pairs);
  const int64_t different = std::ssize(pairs) - same;
  require(same > 0 && different > 0,
          "{}: {} has {} matched and {} mismatched pairs; a verification needs at least one of each", name, part, same,
          different);
}

Pairs sort_pairs(const PairDistances& distances, const std::string& name) {
  const size_t count = distances.distance_squared.size();
  check(distances.same.size() == count && distances.fold.size() == count, "PairDistances has one value per pair");
  Pairs pairs;
  pairs.reserve(count);
  for (size_t i = 0; i < count; ++i) {
    const float d = distances.distance_squared[i];
    require(std::isfinite(d),
            "{}: the distance of pair {} is {}; the embeddings are not finite numbers, so the weights "
            "are damaged or their training has diverged",
            name, i + 1, d);
    pairs.push_back({d, distances.same[i] != 0, distances.fold[i]});
  }
  std::ranges::stable_sort(pairs, {}, &Pair::distance_squared);
  return pairs;
}

// Returns one cut below the smallest distance, one between any two neighbouring different distances, and one above the
// largest: no threshold can separate equal distances.
std::vector<Cut> sweep(const Pairs& pairs) {
  std::vector<Cut> cuts = {{std::min(0.0, double{pairs.front().distance_squared}), 0, 0, 0}};
  int64_t true_accepts = 0;
  int64_t false_accepts = 0;
  for (size_t i = 0; i < pairs.size();) {
    const float distance = pairs[i].distance_squared;
    cuts.back().upper = distance;
    for (; i < pairs.size() && pairs[i].distance_squared == distance; ++i)
      ++(pairs[i].same ? true_accepts : false_accepts);
    cuts.push_back({distance, 0, true_accepts, false_accepts});
  }
  // 4 is the greatest squared distance between unit vectors; rounding may have exceeded it.
  const float largest = pairs.back().distance_squared;
  cuts.back().upper = std::max(4.0f, std::nextafter(largest, std::numeric_limits<float>::infinity()));
  return cuts;
}

// Returns the middle of the lowest plateau of the best accuracy. Neighbouring cuts of equal accuracy (as many matched
// as mismatched pairs at the distance between them) form one plateau.
double best_threshold(const Pairs& pairs) {
  const std::vector<Cut> cuts = sweep(pairs);
  const auto gain = [](const Cut& cut) { return cut.true_accepts - cut.false_accepts; };
  const auto first = std::ranges::max_element(cuts, {}, gain);
  auto last = first;
  while (last + 1 != cuts.end() && gain(*(last + 1)) == gain(*first)) ++last;
  return (first->lower + last->upper) / 2;
}

// Returns the largest threshold below which at most one mismatched pair in 1,000 lies.
double threshold_at_far_1e_3(const Pairs& pairs) {
  std::vector<float> different;
  for (const Pair& pair : pairs) {
    if (!pair.same) different.push_back(pair.distance_squared);
  }
  return different[different.size() / 1000];
}

struct Rates {
  double accuracy;
  double true_accept;
  double false_accept;
};

Rates rates_at(const Pairs& pairs, double threshold) {
  int64_t true_accepts = 0;
  int64_t false_accepts = 0;
  for (const Pair& pair : pairs) {
    if (double{pair.distance_squared} < threshold) ++(pair.same ? true_accepts : false_accepts);
  }
  const auto same = static_cast<double>(count_same(pairs));
  const auto different = static_cast<double>(pairs.size()) - same;
  const double correct = static_cast<double>(true_accepts) + different - static_cast<double>(false_accepts);
  return {correct / static_cast<double>(pairs.size()), static_cast<double>(true_accepts) / same,
          static_cast<double>(false_accepts) / different};
}

struct Mean {
  double value;
  double standard_error;
};

Mean mean_of(const std::vector<double>& values) {
  const auto n = static_cast<double>(values.size());
  double sum = 0;
  for (const double value : values) sum += value;
  double squares = 0;
  for (const double value : values) squares += (value - sum / n) * (value - sum / n);
  return {sum / n, values.size() < 2 ? 0 : std::sqrt(squares / (n - 1)) / std::sqrt(n)};
}

// Returns the probability that a matched pair is nearer than a mismatched one, counting equal distances half. The
// doubled count is a whole number, so the division is the only rounding.
double area_under_curve(const Pairs& pairs) {
  const std::vector<Cut> cuts = sweep(pairs);
  int64_t twice_area = 0;
  for (size_t i = 1; i < cuts.size(); ++i) {
    twice_area +=
        (cuts[i].false_accepts - cuts[i - 1].false_accepts) * (cuts[i].true_accepts + cuts[i - 1].true_accepts);
  }
  const Cut& all = cuts.back();
  return static_cast<double>(twice_area) /
         (2.0 * static_cast<double>(all.true_accepts) * static_cast<double>(all.false_accepts));
}

double equal_error_rate(const Pairs& pairs) {
  double far = 0;  // the curve begins at (FAR, FRR) = (0, 1) and ends at (1, 0)
  double frr = 1;
  const std::vector<Cut> cuts = sweep(pairs);
  for (const Cut& cut : cuts) {
    const double next_far = static_cast<double>(cut.false_accepts) / static_cast<double>(cuts.back().false_accepts);
    const double next_frr = 1 - static_cast<double>(cut.true_accepts) / static_cast<double>(cuts.back().true_accepts);
    if (next_far >= next_frr) {
      const double part = (frr - far) / ((frr - far) + (next_far - next_frr));
      return far + part * (next_far - far);
    }
    far = next_far;
    frr = next_frr;
  }
  check(false, "the ROC curve ends at FAR 1, FRR 0");
  return 1;
}

}  // namespace

VerificationResult verify(const PairDistances& distances, std::string name) {
  return verify_by_fold(
      distances, [&](int64_t) { return distances; }, std::move(name));
}

VerificationResult verify_by_fold(const PairDistances& over_all,
                                  const std::function<PairDistances(int64_t fold)>& distances_for, std::string name) {
  const Pairs all = sort_pairs(over_all, name);
  require_both_kinds(all, name, "the whole set");
  std::set<int64_t> folds;
  for (const Pair& pair : all) folds.insert(pair.fold);

  VerificationResult result;
  result.threshold_in_sample = folds.size() == 1;
  if (result.threshold_in_sample) {
    log_warning(
        "{}: its pairs are in one fold, so the threshold is chosen on the pairs that it is measured on, which makes "
        "accuracy and VAL too good (noise scores above 50 %); measure at least two folds",
        printable(name));
  }
  std::vector<double> accuracies;
  std::vector<double> vals;
  std::vector<double> fars;
  for (const int64_t fold : folds) {
    Pairs inside;
    Pairs others;
    for (const Pair& pair : sort_pairs(distances_for(fold), name))
      (pair.fold == fold ? inside : others).push_back(pair);
    require_both_kinds(inside, name, fmt::format("fold {}", fold + 1));
    const Pairs& chosen_on = result.threshold_in_sample ? inside : others;
    const double threshold = best_threshold(chosen_on);
    const Rates at_far = rates_at(inside, threshold_at_far_1e_3(chosen_on));
    result.folds.push_back({fold, rates_at(inside, threshold).accuracy, threshold});
    accuracies.push_back(result.folds.back().accuracy);
    vals.push_back(at_far.true_accept);
    fars.push_back(at_far.false_accept);
  }

  result.name = std::move(name);
  result.num_pairs = std::ssize(all);
  result.accuracy = mean_of(accuracies).value;
  result.accuracy_standard_error = mean_of(accuracies).standard_error;
  result.val_at_far_1e_3 = mean_of(vals).value;
  result.val_standard_error = mean_of(vals).standard_error;
  result.far_at_val = mean_of(fars).value;
  result.auc = area_under_curve(all);
  result.eer = equal_error_rate(all);
  result.threshold_squared_l2 = best_threshold(all);
  return result;
}

std::vector<RocPoint> roc_curve(const PairDistances& distances) {
  const Pairs all = sort_pairs(distances, "the ROC curve");
  require_both_kinds(all, "the ROC curve", "the whole set");
  const std::vector<Cut> cuts = sweep(all);
  std::vector<RocPoint> curve;
  curve.reserve(cuts.size());
  for (const Cut& cut : cuts) {
    curve.push_back({static_cast<double>(cut.false_accepts) / static_cast<double>(cuts.back().false_accepts),
                     static_cast<double>(cut.true_accepts) / static_cast<double>(cuts.back().true_accepts), cut.upper});
  }
  return curve;
}

}  // namespace massface
