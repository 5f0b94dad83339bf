#include "evaluation/pair_errors.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <tuple>

#include "core/error.h"

namespace massface {
namespace {

std::map<int64_t, double> thresholds_by_fold(const VerificationResult& result) {
  std::map<int64_t, double> thresholds;
  for (const FoldResult& fold : result.folds) thresholds[fold.fold] = fold.threshold_squared_l2;
  return thresholds;
}

std::string folder_of(const std::string& image) {
  return std::filesystem::path(image).parent_path().filename().native();
}

void add_to_person(std::map<std::string, PersonErrors>& people, const std::string& name, bool accepted, bool rejected) {
  PersonErrors& person = people[name];
  person.person = name;
  ++person.comparisons;
  person.false_accepts += accepted;
  person.false_rejects += rejected;
}

}  // namespace

void sort_errors(PairErrors& errors) {
  std::ranges::sort(errors.hardest_accepts, [](const WrongPair& a, const WrongPair& b) {
    return std::tie(a.distance_squared, a.first, a.second) < std::tie(b.distance_squared, b.first, b.second);
  });
  std::ranges::sort(errors.hardest_rejects, [](const WrongPair& a, const WrongPair& b) {
    return std::tie(b.distance_squared, a.first, a.second) < std::tie(a.distance_squared, b.first, b.second);
  });
  if (errors.hardest_accepts.size() > kMostHardPairs) errors.hardest_accepts.resize(kMostHardPairs);
  if (errors.hardest_rejects.size() > kMostHardPairs) errors.hardest_rejects.resize(kMostHardPairs);
  std::erase_if(errors.people, [](const PersonErrors& person) { return person.errors() == 0; });
  std::ranges::sort(errors.people, [](const PersonErrors& a, const PersonErrors& b) {
    return a.errors() != b.errors() ? a.errors() > b.errors() : a.person < b.person;
  });
  if (errors.people.size() > kMostPeopleShown) errors.people.resize(kMostPeopleShown);
}

PairErrors find_pair_errors(const EvaluationReport& report) {
  PairErrors errors;
  const std::map<int64_t, double> thresholds = thresholds_by_fold(report.verification);
  if (thresholds.empty()) return errors;
  const std::vector<uint8_t> right = right_decisions(report);
  std::map<std::string, PersonErrors> people;
  for (size_t i = 0; i < report.pairs.size(); ++i) {
    const IndexPair& pair = report.pairs[i];
    const bool accepted = right[i] == 0 && !pair.same, rejected = right[i] == 0 && pair.same;
    const WrongPair wrong{pair.first, pair.second, report.decision_distances[i], thresholds.at(pair.fold)};
    if (accepted) errors.hardest_accepts.push_back(wrong);
    if (rejected) errors.hardest_rejects.push_back(wrong);
    const std::string first = folder_of(report.images[static_cast<size_t>(pair.first)]);
    const std::string second = folder_of(report.images[static_cast<size_t>(pair.second)]);
    if (first.empty() || second.empty()) continue;
    add_to_person(people, first, accepted, rejected);
    if (second != first) add_to_person(people, second, accepted, rejected);
  }
  errors.false_accepts = std::ssize(errors.hardest_accepts);
  errors.false_rejects = std::ssize(errors.hardest_rejects);
  for (auto& [name, person] : people) errors.people.push_back(std::move(person));
  sort_errors(errors);
  return errors;
}

std::vector<uint8_t> right_decisions(const EvaluationReport& report) {
  std::vector<uint8_t> right;
  const std::map<int64_t, double> thresholds = thresholds_by_fold(report.verification);
  if (thresholds.empty()) return right;
  check(report.decision_distances.size() == report.pairs.size(), "each pair has a distance to decide by");
  for (size_t i = 0; i < report.pairs.size(); ++i) {
    const bool accepts = double{report.decision_distances[i]} < thresholds.at(report.pairs[i].fold);
    right.push_back(accepts == report.pairs[i].same);
  }
  return right;
}

}  // namespace massface
