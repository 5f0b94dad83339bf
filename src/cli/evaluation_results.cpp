#include "cli/evaluation_results.h"

#include <iostream>

#include "cli/evaluation_report.h"
#include "cli/flags.h"
#include "cli/threshold_report.h"
#include "core/files.h"
#include "evaluation/mcnemar.h"
#include "evaluation/pair_errors.h"

namespace massface {
namespace {

// The keys of the first set, and all sets if there are several.
nlohmann::ordered_json object_of(const nlohmann::ordered_json& sets, size_t num_sets) {
  nlohmann::ordered_json object = sets.front();
  if (num_sets > 1) object["sets"] = sets;
  return object;
}

}  // namespace

void EvaluationResults::begin_network(const std::string& name, const std::string& weights, bool bf16) {
  if (!sets_.empty()) networks_.push_back(object_of(sets_, arguments_.num_sets()));
  sets_ = Json::array();
  name_ = name;
  weights_ = weights;
  precision_ = bf16 ? "bf16" : "fp32";
  if (prints_text() && arguments_.models.size() > 1) std::cout << fmt::format("{}\n", printable(name));
}

void EvaluationResults::add(const EvaluationReport& report, const std::vector<std::string>& overlap,
                            const ThresholdTable* thresholds) {
  if (prints_text()) print_evaluation(report);
  sets_.push_back(evaluation_json(report));
  sets_.back()["overlapping_identities"] = overlap;
  decisions_.push_back({name_, weights_, report.verification.name, report.fingerprint, right_decisions(report)});
  finish(thresholds);
}

void EvaluationResults::add(const AllPairsReport& report, const ThresholdTable& thresholds) {
  if (prints_text()) print_all_pairs(report);
  sets_.push_back(all_pairs_json(report));
  finish(&thresholds);
}

void EvaluationResults::finish(const ThresholdTable* thresholds) {
  if (thresholds != nullptr) {
    if (prints_text()) print_thresholds(*thresholds);
    sets_.back()["thresholds"] = thresholds_json(*thresholds);
  }
  sets_.back()["flip"] = arguments_.options.flip;
  sets_.back()["subtract_mean"] = arguments_.options.subtract_mean;
  sets_.back()["precision"] = precision_;
  sets_.back()["weights"] = weights_;
}

nlohmann::ordered_json EvaluationResults::comparisons() const {
  Json comparisons = Json::array();
  for (auto first = decisions_.begin(); first != decisions_.end(); ++first) {
    for (auto second = first + 1; second != decisions_.end(); ++second) {
      if (first->set != second->set || first->fingerprint != second->fingerprint || first->weights == second->weights ||
          first->right.empty() || second->right.empty()) {
        continue;
      }
      const bool are_namesakes = first->network == second->network;
      const PairedDecisions paired = compare_decisions(first->right, second->right);
      comparisons.push_back({{"set", printable(first->set)},
                             {"first", printable(are_namesakes ? first->weights : first->network)},
                             {"second", printable(are_namesakes ? second->weights : second->network)},
                             {"num_pairs", paired.cases},
                             {"only_first_right", paired.only_first_right},
                             {"only_second_right", paired.only_second_right},
                             {"p_value", paired.p_value}});
    }
  }
  return comparisons;
}

void EvaluationResults::print(const Json& failed) const {
  if (!is_first_) return;
  if (!arguments_.json) {
    for (const Json& pair : comparisons()) {
      std::cout << fmt::format(
          "{}: {} pairs only {} decides rightly, {} only {}; p = {:.2g} ({})\n", pair["set"].get<std::string>(),
          pair["only_first_right"].get<int64_t>(), pair["first"].get<std::string>(),
          pair["only_second_right"].get<int64_t>(), pair["second"].get<std::string>(), pair["p_value"].get<double>(),
          pair["p_value"].get<double>() < 0.05 ? "they differ significantly" : "no significant difference");
    }
    return;
  }
  Json networks = networks_;
  if (!sets_.empty()) networks.push_back(object_of(sets_, arguments_.num_sets()));
  if (networks.empty()) return;
  Json object = networks.front();
  if (arguments_.models.size() > 1) {
    object["networks"] = networks;
    object["comparisons"] = comparisons();
  }
  if (!failed.is_null()) object["failed"] = failed;
  print_json(object);
}

}  // namespace massface
