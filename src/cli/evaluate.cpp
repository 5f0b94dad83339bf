#include <CLI/CLI.hpp>
#include <algorithm>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>

#include "checkpoint/run_weights.h"
#include "cli/command_line.h"
#include "cli/evaluation_report.h"
#include "cli/flags.h"
#include "cli/processes.h"
#include "cli/threshold_report.h"
#include "cli/training_overlap.h"
#include "cli/verbs.h"
#include "core/error.h"
#include "core/files.h"
#include "core/hash.h"
#include "core/log.h"
#include "core/threads.h"
#include "distributed/agreement.h"
#include "evaluation/evaluate_pairs.h"
#include "evaluation/read_verification_set.h"
#include "kernels/device.h"
#include "kernels/precision.h"

namespace massface {
namespace {

using Json = nlohmann::ordered_json;

struct EvaluateArguments {
  std::string model;
  std::string checkpoint;
  std::vector<std::string> pairs;
  std::vector<std::string> images;
  std::vector<std::string> names;
  std::string all_pairs;
  std::string device = "auto";
  std::string precision = "fp32";
  std::string roc;
  bool write_thresholds = false;
  EvaluationOptions options;
  ProcessArguments processes;
  bool json = false;

  void describe(OptionTable& table) {
    table.add(
        "checkpoint", checkpoint,
        "Weights of the run directory to use: last, best, the name of a finished phase, or step-000000120 (empty: "
        "last).");
    options.describe(table);
    table.add("device", device, "auto, cpu or cuda:N.");
    table.add_choice("precision", precision, precision_names(),
                     "Precision of the network's layers. auto is bf16 wherever that is faster: on a GPU, and on a CPU "
                     "with AMX tiles or "
                     "with AVX512-BF16 from AMD. Other CPUs compute bf16 in fp32.");
    table.add("roc", roc, "Also write the ROC curve to this file, as CSV (for a single set).");
    table.add(
        "write_thresholds", write_thresholds,
        "Put the table of thresholds into the file of the weights, for the commands that decide by it (for a single "
        "set).");
  }
};

void require_arguments(const EvaluateArguments& arguments) {
  require(!arguments.model.empty(),
          "evaluate needs weights: massface evaluate RUN_OR_WEIGHTS --pairs pairs.txt --images DIR");
  require(!arguments.pairs.empty() || !arguments.all_pairs.empty(),
          "evaluate needs --pairs, a file in the format of LFW's pairs.txt, or --all-pairs, a set of which all images "
          "are compared");
  const size_t sets = arguments.pairs.size() + (arguments.all_pairs.empty() ? 0 : 1);
  require(!arguments.write_thresholds || sets == 1, "--write-thresholds writes the table of one set, but {} are given",
          sets);
  require(
      !arguments.write_thresholds || !arguments.options.subtract_mean,
      "--write-thresholds and --subtract-mean: a threshold of distances from which a set's mean was subtracted is of "
      "no use for other images; leave one of them out");
  const auto folders = static_cast<size_t>(std::ranges::count_if(arguments.pairs, std::not_fn(contains_images)));
  const size_t bins = arguments.pairs.size() - folders;
  require(folders == arguments.images.size(),
          "--pairs is given {} times and --images {} times; each set needs one of both, in the same order{}", folders,
          arguments.images.size(),
          bins == 0
              ? ""
              : fmt::format(" (not counting {} .bin, which contain{} images)", bins, bins == 1 ? "s its" : " their"));
  require(arguments.names.empty() || arguments.names.size() == arguments.pairs.size(),
          "--name is given {} times for {} sets; name all of them, in the order of --pairs, or none",
          arguments.names.size(), arguments.pairs.size());
  require(arguments.roc.empty() || (sets == 1 && arguments.all_pairs.empty()),
          "--roc writes the curve of one set of --pairs, but {} sets are given", sets);
}

std::vector<std::filesystem::path> inputs_of(const EvaluateArguments& arguments) {
  std::vector<std::filesystem::path> inputs{arguments.model};
  inputs.insert(inputs.end(), arguments.pairs.begin(), arguments.pairs.end());
  inputs.insert(inputs.end(), arguments.images.begin(), arguments.images.end());
  if (!arguments.all_pairs.empty()) inputs.emplace_back(arguments.all_pairs);
  return inputs;
}

// Finds every mistake that can be found before the first image is embedded, in all sets.
std::vector<VerificationSet> read_sets(const EvaluateArguments& arguments) {
  std::vector<VerificationSet> sets;
  auto images = arguments.images.begin();
  for (size_t i = 0; i < arguments.pairs.size(); ++i) {
    const std::string& pairs = arguments.pairs[i];
    sets.push_back(read_verification_set(pairs, contains_images(pairs) ? "" : *images++,
                                         arguments.names.empty() ? "" : arguments.names[i]));
    require_measurable(sets.back(), arguments.options);
  }
  if (!arguments.roc.empty()) require_writable_file(arguments.roc, inputs_of(arguments));
  return sets;
}

// The results of the sets measured so far. They are printed even if a later set fails.
class Results {
 public:
  Results(const EvaluateArguments& arguments, size_t num_sets, bool bf16, bool is_first)
      : arguments_(arguments), num_sets_(num_sets), precision_(bf16 ? "bf16" : "fp32"), is_first_(is_first) {}

  // thresholds: null if the distances are of no use for other images.
  void add(const EvaluationReport& report, const std::vector<std::string>& overlap, const ThresholdTable* thresholds,
           const std::string& weights) {
    if (is_first_ && !arguments_.json) print_evaluation(report);
    sets_.push_back(evaluation_json(report));
    sets_.back()["overlapping_identities"] = overlap;
    finish(thresholds, weights);
  }

  void add(const AllPairsReport& report, const ThresholdTable& thresholds, const std::string& weights) {
    if (is_first_ && !arguments_.json) print_all_pairs(report);
    sets_.push_back(all_pairs_json(report));
    finish(&thresholds, weights);
  }

  // failed: {"name": ..., "error": ...} for the set that ended the evaluation, or null.
  void print(const Json& failed = {}) const {
    if (!is_first_ || !arguments_.json || sets_.empty()) return;
    Json object = sets_.front();
    if (num_sets_ > 1) object["sets"] = sets_;
    if (!failed.is_null()) object["failed"] = failed;
    print_json(object);
  }

 private:
  void finish(const ThresholdTable* thresholds, const std::string& weights) {
    if (thresholds != nullptr) {
      if (is_first_ && !arguments_.json) print_thresholds(*thresholds);
      sets_.back()["thresholds"] = thresholds_json(*thresholds);
    }
    sets_.back()["flip"] = arguments_.options.flip;
    sets_.back()["subtract_mean"] = arguments_.options.subtract_mean;
    sets_.back()["precision"] = precision_;
    sets_.back()["weights"] = weights;
  }

  const EvaluateArguments& arguments_;
  size_t num_sets_;
  std::string precision_;
  bool is_first_;  // of several processes; it alone prints
  Json sets_ = Json::array();
};

// The network and the sets, found and read before the first image is embedded.
struct Opened {
  std::filesystem::path weights;
  std::vector<VerificationSet> sets;
  std::shared_ptr<const Dataset> all_pairs;  // null: none
  Model model;
  at::Device device = at::kCPU;
};

Opened open(const EvaluateArguments& arguments, const Processes& processes) {
  Opened opened{.weights = find_run_weights(arguments.model, arguments.checkpoint), .sets = read_sets(arguments)};
  if (!arguments.all_pairs.empty()) opened.all_pairs = open_dataset(arguments.all_pairs);
  if (arguments.write_thresholds) require_no_checkpoint(opened.weights);
  set_compute_threads(arguments.options.threads);
  opened.model = load_model(opened.weights);
  opened.device = resolve_device(device_of_process(arguments.device, processes));
  opened.model.network->to(opened.device);
  return opened;
}

// The folder's name, or that of the packed set without its ending.
std::string name_of_set(const std::string& images) {
  const std::filesystem::path path = without_final_slash(images);
  return path.extension() == ".mfp" ? path.stem().native() : path.filename().native();
}

ThresholdTable thresholds_of(const ScoreHistogram& scores, const std::string& name, const std::string& fingerprint,
                             const EvaluationOptions& options) {
  ThresholdTable table = make_threshold_table(scores);
  table.set = name;
  table.fingerprint = fingerprint;
  table.flip = options.flip;
  return table;
}

void evaluate(const EvaluateArguments& arguments, const std::shared_ptr<Processes>& processes) {
  const auto [weights, sets, all_pairs, model, device] =
      together(*processes, [&] { return open(arguments, *processes); });
  const bool bf16 = infers_in_bf16(arguments.precision, device, model.backbone.kernels);
  const EvaluationOptions& options = arguments.options;
  require_same_facts(*processes, {{"network", hex(hash64(encode_safetensors(to_tensors(model))))},
                                  {"number of sets", std::to_string(sets.size())},
                                  {"precision", bf16 ? "bf16" : "fp32"},
                                  {"--flip", options.flip},
                                  {"--resize", options.resize ? "on" : "off"},
                                  {"--center-crop", options.center_crop ? "on" : "off"},
                                  {"--subtract-mean", options.subtract_mean ? "on" : "off"},
                                  {"--folds", options.folds}});
  const Embedder embedder(model, bf16);
  log_info("{}: {}, {}-d, flip {}, {}", printable(weights.native()), model.backbone.name, model.backbone.embedding_size,
           arguments.options.flip, describe_precision(bf16, device, model.backbone.kernels));

  const std::shared_ptr<const Dataset> training = open_training_set(arguments.model);
  Results results(arguments, sets.size() + (all_pairs != nullptr ? 1 : 0), bf16, processes->is_first());
  PairDistances roc;
  ThresholdTable thresholds;  // of the last set
  for (const VerificationSet& set : sets) {
    try {
      const std::vector<std::string> overlap = warn_of_overlap(training.get(), set);
      const EvaluationReport report = evaluate_pairs(embedder, set, arguments.options, processes);
      if (!options.subtract_mean) {
        thresholds =
            thresholds_of(ScoreHistogram::of(report.distances), report.verification.name, report.fingerprint, options);
      }
      results.add(report, overlap, options.subtract_mean ? nullptr : &thresholds, printable(weights.native()));
      roc = report.distances;
    } catch (const std::exception& error) {
      results.print({{"name", printable(set.name)}, {"error", printable(message_of_failure(error))}});
      throw;
    }
  }
  if (all_pairs != nullptr) {
    const std::string name = name_of_set(arguments.all_pairs);
    try {
      const AllPairsReport report = evaluate_all_pairs(embedder, *all_pairs, name, options, processes);
      thresholds = thresholds_of(report.scores, report.name, report.fingerprint, options);
      results.add(report, thresholds, printable(weights.native()));
    } catch (const std::exception& error) {
      results.print({{"name", printable(name)}, {"error", printable(message_of_failure(error))}});
      throw;
    }
  }
  results.print();
  // Comes last, so that a full disk does not lose the result.
  if (!processes->is_first()) return;
  if (!arguments.roc.empty()) write_roc(arguments.roc, roc);
  if (!arguments.write_thresholds) return;
  write_threshold_table(weights, thresholds);
  log_info("the thresholds of {} are now part of {}", printable(thresholds.set), printable(weights.native()));
}

void run_verb(const EvaluateArguments& arguments) {
  require_arguments(arguments);
  in_processes(arguments.processes,
               [&](const std::shared_ptr<Processes>& processes) { evaluate(arguments, processes); });
}

}  // namespace

void add_evaluate_verb(CLI::App& program) {
  auto arguments = std::make_shared<EvaluateArguments>();
  CLI::App* verb = program.add_subcommand("evaluate", "Measure verification accuracy, such as LFW's");
  verb->footer(
      "massface evaluate runs/first --pairs pairs.txt --images lfw-112\n"
      "massface evaluate model.safetensors --pairs a.txt --images A --pairs b.txt --images B --json\n"
      "massface evaluate model.safetensors --pairs lfw.bin\n"
      "massface evaluate model.safetensors --all-pairs lfw-112 --write-thresholds\n"
      "massface evaluate model.safetensors --pairs pairs.txt --images lfw-112.mfp --processes 2\n"
      "Each fold's threshold is found on the other folds; docs/evaluation.md defines every figure.");
  verb->add_option("--model,model", arguments->model, "A .safetensors file, or a run directory")
      ->type_name("RUN_OR_WEIGHTS");
  verb->add_option("--pairs", arguments->pairs,
                   "Pairs in the format of LFW's pairs.txt, or an insightface .bin; repeat it for more sets")
      ->type_name("FILE")
      ->allow_extra_args(false);
  verb->add_option(
          "--images", arguments->images,
          "Folder of NAME/NAME_0001.jpg (or .png), or a packed set of it; one for each --pairs that is no .bin")
      ->type_name("DIR_OR_MFP")
      ->allow_extra_args(false);
  verb->add_option("--name", arguments->names, "What to call each set [LFW, or the stem of its pairs file]")
      ->type_name("TEXT")
      ->allow_extra_args(false);
  verb->add_option("--all-pairs", arguments->all_pairs,
                   "Compare all images of this set, folders of people or a packed set, with each other")
      ->type_name("DIR_OR_MFP");
  bind_process_options(*verb, arguments->processes);
  bind_verb(*verb, *arguments, arguments->json, [arguments] { run_verb(*arguments); });
}

}  // namespace massface
