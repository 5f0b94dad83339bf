#include "cli/evaluate_arguments.h"

#include <algorithm>
#include <functional>

#include "core/error.h"
#include "core/files.h"
#include "evaluation/read_verification_set.h"
#include "kernels/precision.h"

namespace massface {
namespace {

std::vector<std::filesystem::path> inputs_of(const EvaluateArguments& arguments) {
  std::vector<std::filesystem::path> inputs;
  for (const auto* paths : {&arguments.models, &arguments.pairs, &arguments.images}) {
    inputs.insert(inputs.end(), paths->begin(), paths->end());
  }
  if (!arguments.all_pairs.empty()) inputs.emplace_back(arguments.all_pairs);
  return inputs;
}

void require_sets(const EvaluateArguments& arguments) {
  require(!arguments.pairs.empty() || !arguments.all_pairs.empty(),
          "evaluate needs --pairs, a file in the format of LFW's pairs.txt, --all-pairs, a set of which all images "
          "are compared, --templates, or --gallery and --probes");
  const auto folders = static_cast<size_t>(std::ranges::count_if(arguments.pairs, std::not_fn(contains_images)));
  const size_t bins = arguments.pairs.size() - folders;
  require(folders == arguments.images.size(),
          "--pairs is given {} times and --images {} times; each set needs one of both, in the same order{}", folders,
          arguments.images.size(),
          bins == 0
              ? ""
              : fmt::format(" (not counting {} .bin, which contain{} images)", bins, bins == 1 ? "s its" : " their"));
  require(arguments.names.empty() || !arguments.pairs.empty(),
          "--name names sets of --pairs; the set of --all-pairs is called as its folder is");
  require(arguments.names.empty() || arguments.names.size() == arguments.pairs.size(),
          "--name is given {} times for {} sets; name all of them, in the order of --pairs, or none",
          arguments.names.size(), arguments.pairs.size());
}

}  // namespace

void EvaluateArguments::describe(OptionTable& table) {
  table.add("checkpoint", checkpoint,
            "Weights of the run directory to use: last, best, the name of a finished phase, or step-000000120 (empty: "
            "last).");
  options.describe(table);
  templates.describe(table);
  table.add("device", device, "auto, cpu or cuda:N.");
  table.add_choice("precision", precision, precision_names(),
                   "Precision of the network's layers. auto is bf16 wherever that is faster: on a GPU, and on a CPU "
                   "with AMX tiles or "
                   "with AVX512-BF16 from AMD. Other CPUs compute bf16 in fp32.");
  table.add(
      "report", report,
      "Also write a page (.html) with the curves, the thresholds, the people who fail most and the hardest errors "
      "as pictures. It contains faces of the sets.");
  table.add("record", record,
            "Keep the results in the run directory, for massface report. They contain the pictures of the hardest "
            "errors.");
  table.add("roc", roc, "Also write the ROC curve to this file, as CSV (for a single network and set).");
  table.add(
      "write_thresholds", write_thresholds,
      "Put the table of thresholds into the file of the weights, for the commands that decide by it (for a single "
      "network and set).");
}

void require_arguments(const EvaluateArguments& arguments) {
  require(!arguments.models.empty(),
          "evaluate needs weights: massface evaluate RUN_OR_WEIGHTS --pairs pairs.txt --images DIR");
  require_sets(arguments);
  const size_t sets = arguments.num_sets(), models = arguments.models.size();
  require(!arguments.write_thresholds || sets == 1, "--write-thresholds writes the table of one set, but {} are given",
          sets);
  require(!arguments.write_thresholds || models == 1,
          "--write-thresholds writes into one file of weights, but {} networks are given; evaluate them one by one",
          models);
  require(
      !arguments.write_thresholds || !arguments.options.subtract_mean,
      "--write-thresholds and --subtract-mean: a threshold of distances from which a set's mean was subtracted is of "
      "no use for other images; leave one of them out");
  require(arguments.roc.empty() || arguments.all_pairs.empty(),
          "--roc writes the curve of a set of --pairs; --report has that of --all-pairs");
  require(arguments.roc.empty() || sets == 1, "--roc writes the curve of one set of --pairs, but {} sets are given",
          sets);
  require(arguments.roc.empty() || models == 1,
          "--roc writes the curve of one network, but {} are given; --report draws the curves of several", models);
  require(arguments.report.empty() || std::filesystem::path(arguments.report).extension() == ".html",
          "--report {}: is a page, whose name ends in .html", printable(arguments.report));
}

std::vector<VerificationSet> read_sets(const EvaluateArguments& arguments) {
  std::vector<VerificationSet> sets;
  auto images = arguments.images.begin();
  for (size_t i = 0; i < arguments.pairs.size(); ++i) {
    const std::string& pairs = arguments.pairs[i];
    sets.push_back(read_verification_set(pairs, contains_images(pairs) ? "" : *images++,
                                         arguments.names.empty() ? "" : arguments.names[i]));
    require_measurable(sets.back(), arguments.options);
  }
  for (const std::string& place : {arguments.roc, arguments.report}) {
    if (!place.empty()) require_writable_file(place, inputs_of(arguments));
  }
  return sets;
}

}  // namespace massface
