#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "checkpoint/run_weights.h"
#include "cli/command_line.h"
#include "cli/evaluate_arguments.h"
#include "cli/evaluate_templates.h"
#include "cli/evaluation_records.h"
#include "cli/evaluation_report.h"
#include "cli/evaluation_results.h"
#include "cli/flags.h"
#include "cli/processes.h"
#include "cli/training_overlap.h"
#include "cli/verbs.h"
#include "core/files.h"
#include "core/hash.h"
#include "core/log.h"
#include "distributed/agreement.h"
#include "evaluation/all_pairs.h"
#include "evaluation/evaluate_pairs.h"
#include "kernels/device.h"
#include "kernels/precision.h"

namespace massface {
namespace {

using Json = nlohmann::ordered_json;

// A network, ready to measure.
struct OpenedNetwork {
  std::filesystem::path weights;
  Model model;
};

// The networks and the sets, found and read before the first image is embedded.
struct Opened {
  std::vector<OpenedNetwork> networks;
  std::vector<VerificationSet> sets;
  std::shared_ptr<const Dataset> all_pairs;  // null: none
  at::Device device = at::kCPU;
};

Opened open(const EvaluateArguments& arguments, const Processes& processes) {
  Opened opened;
  for (const std::string& model : arguments.models) {
    opened.networks.push_back({.weights = find_run_weights(model, arguments.checkpoint)});
  }
  opened.sets = read_sets(arguments);
  if (!arguments.all_pairs.empty()) opened.all_pairs = open_dataset(arguments.all_pairs);
  set_compute_threads(arguments.options.threads);
  opened.device = resolve_device(device_of_process(arguments.device, processes));
  for (OpenedNetwork& network : opened.networks) {
    if (arguments.write_thresholds) {
      require_no_checkpoint(network.weights);
      require_writable_file(network.weights);
    }
    if (arguments.record) require_place_for_record(network.weights);
    network.model = load_model(network.weights);
    network.model.network->to(opened.device);
  }
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

Json failure_of(const std::string& set, const std::exception& error) {
  return {{"name", printable(set)}, {"error", printable(message_of_failure(error))}};
}

// All sets with one network after the other.
class Evaluation {
 public:
  Evaluation(const EvaluateArguments& arguments, const std::shared_ptr<Processes>& processes)
      : arguments_(arguments),
        processes_(processes),
        opened_(together(*processes, [&] { return open(arguments, *processes); })),
        results_(arguments, processes->is_first()) {}

  void run() {
    require_agreement();
    for (size_t i = 0; i < opened_.networks.size(); ++i) measure(opened_.networks[i], arguments_.models[i]);
    results_.print();
    // Comes last, so that a full disk does not lose the result.
    if (processes_->is_first()) write_files();
  }

 private:
  bool bf16_of(const OpenedNetwork& network) const {
    return infers_in_bf16(arguments_.precision, opened_.device, network.model.backbone.kernels);
  }

  void require_agreement() const {
    std::string networks, precisions;
    for (const OpenedNetwork& network : opened_.networks) {
      networks += hex(hash64(encode_safetensors(to_tensors(network.model))));
      precisions += bf16_of(network) ? "bf16 " : "fp32 ";
    }
    const EvaluationOptions& options = arguments_.options;
    require_same_facts(*processes_, {{"network", networks},
                                     {"number of sets", std::to_string(arguments_.num_sets())},
                                     {"precision", precisions},
                                     {"--flip", options.flip},
                                     {"--resize", options.resize ? "on" : "off"},
                                     {"--center-crop", options.center_crop ? "on" : "off"},
                                     {"--subtract-mean", options.subtract_mean ? "on" : "off"},
                                     {"--folds", options.folds}});
  }

  void measure(const OpenedNetwork& network, const std::string& argument) {
    const bool bf16 = bf16_of(network);
    const Embedder embedder(network.model, bf16);
    const EvaluatedModel model = evaluated_model(network.weights, network.model, bf16);
    log_info("{}: {}, {}-d, {} x {}, flip {}, {}", printable(network.weights.native()), model.backbone,
             model.embedding_size, model.input_width, model.input_height, arguments_.options.flip,
             describe_precision(bf16, opened_.device, network.model.backbone.kernels));
    results_.begin_network(model.name, printable(network.weights.native()), bf16);
    const std::shared_ptr<const Dataset> training = open_training_set(argument);
    for (const VerificationSet& set : opened_.sets) {
      reporting_failure(set.name, [&] { measure_pairs(embedder, model, set, training.get()); });
    }
    if (opened_.all_pairs == nullptr) return;
    const std::string name = name_of_set(arguments_.all_pairs);
    reporting_failure(name, [&] { measure_all_pairs(embedder, model, name); });
  }

  // Prints what was measured before if `measure_set` throws.
  template <class Measure>
  void reporting_failure(const std::string& set, const Measure& measure_set) const {
    try {
      measure_set();
    } catch (const std::exception& error) {
      results_.print(failure_of(set, error));
      throw;
    }
  }

  void measure_pairs(const Embedder& embedder, const EvaluatedModel& model, const VerificationSet& set,
                     const Dataset* training) {
    const EvaluationOptions& options = arguments_.options;
    const std::vector<std::string> overlap = warn_of_overlap(training, set);
    const EvaluationReport report = evaluate_pairs(embedder, set, options, processes_);
    if (!options.subtract_mean) {
      thresholds_ =
          thresholds_of(ScoreHistogram::of(report.distances), report.verification.name, report.fingerprint, options);
    }
    results_.add(report, overlap, options.subtract_mean ? nullptr : &thresholds_);
    roc_ = report.distances;
    if (keeps_records()) records_.push_back(make_record(model, report, set, options));
  }

  void measure_all_pairs(const Embedder& embedder, const EvaluatedModel& model, const std::string& name) {
    const AllPairsReport report =
        evaluate_all_pairs(embedder, *opened_.all_pairs, name, arguments_.options,
                           keeps_records() ? ErrorList::kHardest : ErrorList::kNone, processes_);
    thresholds_ = thresholds_of(report.scores, report.name, report.fingerprint, arguments_.options);
    results_.add(report, thresholds_);
    if (keeps_records()) records_.push_back(make_record(model, report, *opened_.all_pairs, arguments_.options));
  }

  bool keeps_records() const { return arguments_.keeps_errors() && processes_->is_first(); }

  void write_files() {
    if (!arguments_.roc.empty()) write_roc(arguments_.roc, roc_);
    write_records(arguments_, std::move(records_));
    if (!arguments_.write_thresholds) return;
    const std::filesystem::path& weights = opened_.networks.front().weights;
    warn_of_smaller_table(weights);
    write_threshold_table(weights, thresholds_);
    log_info("the thresholds of {} are now part of {}", printable(thresholds_.set), printable(weights.native()));
  }

  // The commands that decide by the table would no longer be able to.
  void warn_of_smaller_table(const std::filesystem::path& weights) const {
    const auto before = read_threshold_table(weights);
    if (!before || before->mismatched <= thresholds_.mismatched) return;
    log_warning("{} had a table of {}, of {} mismatched comparisons; the new one is of {} and reaches less far",
                printable(weights.native()), printable(before->set), before->mismatched, thresholds_.mismatched);
  }

  const EvaluateArguments& arguments_;
  std::shared_ptr<Processes> processes_;
  Opened opened_;
  EvaluationResults results_;
  PairDistances roc_;          // of the last set
  ThresholdTable thresholds_;  // of the last set
  std::vector<EvaluationRecord> records_;
};

void run_verb(const EvaluateArguments& arguments) {
  if (arguments.templates.given()) return evaluate_templates(arguments);
  require_arguments(arguments);
  in_processes(arguments.processes,
               [&](const std::shared_ptr<Processes>& processes) { Evaluation(arguments, processes).run(); });
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
      "massface evaluate model.safetensors --gallery known.csv --probes faces.csv --images DIR\n"
      "massface evaluate runs/first runs/second --pairs pairs.txt --images lfw-112 --report page.html\n"
      "Each fold's threshold is found on the other folds; docs/evaluation.md defines every figure.");
  verb->add_option("--model,models", arguments->models, "A .safetensors file, or a run directory; several are compared")
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
