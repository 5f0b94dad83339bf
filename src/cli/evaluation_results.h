#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/evaluate_arguments.h"
#include "evaluation/all_pairs.h"
#include "evaluation/threshold_table.h"

namespace massface {

// What `massface evaluate` has measured so far, of one network after the other, on one set after the other. It is
// printed even if a later set fails.
class EvaluationResults {
 public:
  // is_first: of several processes; it alone prints.
  EvaluationResults(const EvaluateArguments& arguments, bool is_first) : arguments_(arguments), is_first_(is_first) {}

  // The following sets are measured with this network. name: what pages call it.
  void begin_network(const std::string& name, const std::string& weights, bool bf16);

  // thresholds: null if the distances are of no use for other images.
  void add(const EvaluationReport& report, const std::vector<std::string>& overlap, const ThresholdTable* thresholds);
  void add(const AllPairsReport& report, const ThresholdTable& thresholds);

  // Prints what --json asks for, or whether the networks differ. failed: {"name": ..., "error": ...} for the set that
  // ended the evaluation, or null.
  void print(const nlohmann::ordered_json& failed = {}) const;

 private:
  using Json = nlohmann::ordered_json;
  // The decisions of one network on one set.
  struct Decisions {
    std::string network, weights, set, fingerprint;
    std::vector<uint8_t> right;
  };

  void finish(const ThresholdTable* thresholds);
  // Every two networks on each set whose pairs both have decided.
  Json comparisons() const;
  bool prints_text() const { return is_first_ && !arguments_.json; }

  const EvaluateArguments& arguments_;
  bool is_first_;
  std::string precision_, name_, weights_;  // of the network
  Json sets_ = Json::array();               // of the network
  Json networks_ = Json::array();           // of those before it: their objects
  std::vector<Decisions> decisions_;
};

}  // namespace massface
