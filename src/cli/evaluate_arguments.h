#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "cli/processes.h"
#include "core/options.h"
#include "evaluation/evaluate_pairs.h"

namespace massface {

// Lists of templates (dataset/template_list.h).
struct TemplateArguments {
  std::string list, pairs;  // --templates, --template-pairs
  std::string gallery, probes;

  void describe(OptionTable& table);
  bool given() const { return !(list.empty() && pairs.empty() && gallery.empty() && probes.empty()); }
};

// The arguments of `massface evaluate`.
struct EvaluateArguments {
  std::vector<std::string> models;
  std::string checkpoint;
  std::vector<std::string> pairs;
  std::vector<std::string> images;
  std::vector<std::string> names;
  std::string all_pairs;
  std::string device = "auto";
  std::string precision = "fp32";
  std::string roc;
  std::string report;
  bool record = false;
  bool write_thresholds = false;
  EvaluationOptions options;
  TemplateArguments templates;
  ProcessArguments processes;
  bool json = false;

  void describe(OptionTable& table);
  size_t num_sets() const { return pairs.size() + (all_pairs.empty() ? 0 : 1); }
  // Whether the evaluations are to be kept with their hardest errors, for a page now or later.
  bool keeps_errors() const { return !report.empty() || record; }
};

// Throws Error if arguments are missing or contradict each other.
void require_arguments(const EvaluateArguments& arguments);

// Reads the sets of --pairs. Finds every mistake that can be found before the first image is embedded, in all sets and
// in the places of the results.
std::vector<VerificationSet> read_sets(const EvaluateArguments& arguments);

}  // namespace massface
