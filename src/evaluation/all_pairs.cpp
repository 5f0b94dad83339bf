#include "evaluation/all_pairs.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <numeric>
#include <tuple>

#include "core/error.h"
#include "core/files.h"
#include "core/hash.h"
#include "core/log.h"
#include "core/stopwatch.h"
#include "core/threads.h"
#include "evaluation/threshold_table.h"
#include "kernels/fold_distances.h"
#include "model/finite_embeddings.h"

namespace massface {
namespace {

std::vector<ImageIndex> all_images_of(const Dataset& set) {
  std::vector<ImageIndex> images(static_cast<size_t>(set.size()));
  std::iota(images.begin(), images.end(), 0);
  return images;
}

// i > j: rows. The comparison of every two rows is made once.
struct ComparedPair {
  int64_t first, second;
  float distance_squared;
  bool same;
};

// Compares all rows with each other on all threads: each adds its comparisons to a copy of `empty`, and `merge` adds
// these copies up, in any order.
template <class Part, class Add, class Merge>
Part fold_all_pairs(const Tensor& embeddings, const std::vector<int64_t>& people, const Part& empty, const Add& add,
                    const Merge& merge) {
  check(embeddings.dim() == 2 && embeddings.size(0) == std::ssize(people), "there is one person per row");
  require_finite_embeddings(embeddings);
  Part sum = empty;
  fold_distances(
      PairwiseDistances(embeddings), empty,
      [&](Part& part, int64_t i, const float* row) {
        for (int64_t j = 0; j < i; ++j) {
          add(part, {i, j, row[j], people[static_cast<size_t>(j)] == people[static_cast<size_t>(i)]});
        }
        return true;
      },
      [&](const Part& part) { merge(sum, part); });
  return sum;
}

void count(PairErrors& errors, const std::vector<int64_t>& people, const ComparedPair& pair, bool accepted,
           bool rejected) {
  errors.false_accepts += accepted;
  errors.false_rejects += rejected;
  for (const int64_t row : {pair.first, pair.second}) {
    PersonErrors& person = errors.people[static_cast<size_t>(people[static_cast<size_t>(row)])];
    ++person.comparisons;
    person.false_accepts += accepted;
    person.false_rejects += rejected;
    if (pair.same) break;  // both rows are of this person
  }
}

// Whether `a` is the harder error: the nearer accept or the farther reject, of equal ones that of the earlier images.
bool is_harder(const WrongPair& a, const WrongPair& b, bool accepted) {
  if (a.distance_squared != b.distance_squared) return (a.distance_squared < b.distance_squared) == accepted;
  return std::tie(a.first, a.second) < std::tie(b.first, b.second);
}

// Adds an error unless as many harder ones are there. The list is a heap with the easiest error at its front.
void keep(std::vector<WrongPair>& hardest, const WrongPair& wrong, bool accepted) {
  const auto harder = [accepted](const WrongPair& a, const WrongPair& b) { return is_harder(a, b, accepted); };
  if (hardest.size() == kMostHardPairs) {
    if (!harder(wrong, hardest.front())) return;
    std::ranges::pop_heap(hardest, harder);
    hardest.pop_back();
  }
  hardest.push_back(wrong);
  std::ranges::push_heap(hardest, harder);
}

void add_errors(PairErrors& sum, const PairErrors& part) {
  sum.false_accepts += part.false_accepts;
  sum.false_rejects += part.false_rejects;
  for (const WrongPair& wrong : part.hardest_accepts) keep(sum.hardest_accepts, wrong, true);
  for (const WrongPair& wrong : part.hardest_rejects) keep(sum.hardest_rejects, wrong, false);
  for (size_t i = 0; i < sum.people.size(); ++i) {
    sum.people[i].comparisons += part.people[i].comparisons;
    sum.people[i].false_accepts += part.people[i].false_accepts;
    sum.people[i].false_rejects += part.people[i].false_rejects;
  }
}

// The threshold of the decisions whose errors are listed.
double threshold_to_decide_by(const ScoreHistogram& scores) {
  constexpr double kRate = 1e-3;
  for (const ThresholdRow& row : make_threshold_table(scores).rows) {
    if (row.fmr == kRate && row.threshold_squared_l2) return *row.threshold_squared_l2;
  }
  return threshold_of_equal_errors(scores);
}

PairErrors list_errors(const ReadableRows& readable, const std::vector<int64_t>& people, const Dataset& set,
                       double threshold_squared_l2) {
  std::vector<std::string> names;
  for (IdentityIndex person = 0; person < set.num_identities(); ++person) names.push_back(set.identity_name(person));
  PairErrors errors = errors_of_all_pairs(readable.embeddings, people, names, threshold_squared_l2);
  for (auto* pairs : {&errors.hardest_accepts, &errors.hardest_rejects}) {
    for (WrongPair& wrong : *pairs) {
      wrong.first = readable.rows[static_cast<size_t>(wrong.first)];
      wrong.second = readable.rows[static_cast<size_t>(wrong.second)];
    }
  }
  return errors;
}

void require_both(const ScoreHistogram& scores, const std::string& name) {
  require(
      scores.matched() > 0 && scores.mismatched() > 0,
      "{}: its images give {} matched and {} mismatched pairs; there must be at least one of each: two people, one of "
      "them with two images",
      printable(name), scores.matched(), scores.mismatched());
}

}  // namespace

ScoreHistogram scores_of_all_pairs(const Tensor& embeddings, const std::vector<int64_t>& people) {
  return fold_all_pairs(
      embeddings, people, ScoreHistogram(),
      [](ScoreHistogram& part, const ComparedPair& pair) { part.add(pair.distance_squared, pair.same); },
      [](ScoreHistogram& sum, const ScoreHistogram& part) { sum.add(part); });
}

PairErrors errors_of_all_pairs(const Tensor& embeddings, const std::vector<int64_t>& people,
                               const std::vector<std::string>& names, double threshold_squared_l2) {
  PairErrors none;
  for (const std::string& name : names) none.people.push_back({.person = name});
  const auto add = [&](PairErrors& part, const ComparedPair& pair) {
    const bool accepts = double{pair.distance_squared} < threshold_squared_l2;
    const bool accepted = accepts && !pair.same, rejected = !accepts && pair.same;
    count(part, people, pair, accepted, rejected);
    if (!accepted && !rejected) return;
    const WrongPair wrong{pair.second, pair.first, pair.distance_squared, threshold_squared_l2};
    keep(accepted ? part.hardest_accepts : part.hardest_rejects, wrong, accepted);
  };
  PairErrors errors = fold_all_pairs(embeddings, people, none, add, add_errors);
  sort_errors(errors);
  return errors;
}

AllPairsReport evaluate_all_pairs(const Embedder& embedder, const Dataset& set, const std::string& name,
                                  const EvaluationOptions& options, ErrorList list,
                                  const std::shared_ptr<Processes>& processes) {
  AllPairsReport report{.name = name, .num_people = set.num_identities(), .fingerprint = hex(set.fingerprint())};
  const Stopwatch watch;
  const EmbeddedImages embedded = embed_images(embedder, set, all_images_of(set),
                                               {.flip = parse_flip(options.flip),
                                                .other_size = options.other_size(),
                                                .batch = options.batch,
                                                .threads = resolve_threads(options.threads),
                                                .processes = processes});
  report.seconds = watch.seconds();
  report.unreadable = embedded.unreadable;
  const ReadableRows readable = readable_unit_rows(embedded);
  report.num_images = std::ssize(readable.rows);
  if (!report.unreadable.empty()) {
    const UnreadableImage& bad = report.unreadable.front();
    log_warning("{}: {} images are left out because they are unreadable, such as {} ({})", printable(name),
                report.unreadable.size(), printable(bad.name), printable(bad.reason));
  }
  std::vector<int64_t> people;
  for (const int64_t row : readable.rows) people.push_back(set.identity_of(row));
  report.scores = scores_of_all_pairs(readable.embeddings, people);
  require_both(report.scores, name);
  if (list == ErrorList::kHardest) {
    report.errors = list_errors(readable, people, set, threshold_to_decide_by(report.scores));
  }
  return report;
}

}  // namespace massface
