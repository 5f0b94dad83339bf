#include <fmt/ranges.h>

#include <algorithm>
#include <functional>
#include <iostream>
#include <memory>
#include <ranges>

#include "checkpoint/run_weights.h"
#include "cli/command_line.h"
#include "cli/flags.h"
#include "cli/verbs.h"
#include "core/error.h"
#include "core/files.h"
#include "core/log.h"
#include "core/options_toml.h"
#include "dataset/dataset_options.h"
#include "dataset/overlap.h"
#include "dataset/verification_bin.h"
#include "evaluation/evaluate_pairs.h"
#include "kernels/device.h"

namespace massface {
namespace {

using Json = nlohmann::ordered_json;

struct EvaluateArguments {
  std::string model;
  std::string checkpoint;
  std::vector<std::string> pairs;
  std::vector<std::string> images;
  std::vector<std::string> names;
  std::string device = "auto";
  std::string precision = "fp32";
  std::string roc;
  EvaluationOptions options;
  bool json = false;

  void describe(OptionTable& table) {
    table.add("checkpoint", checkpoint,
              "Which weights of a run directory: last, best, a finished phase's name, or step-000000120. Empty: last.");
    options.describe(table);
    table.add("device", device, "auto, cpu or cuda:N.");
    table.add_choice("precision", precision, {"fp32", "bf16"},
                     "Of the network's layers. bf16 is faster where the processor multiplies it; a CPU that does not "
                     "computes in fp32.");
    table.add("roc", roc, "Also write the ROC curve of the one set to this file, as CSV.");
  }
};

// insightface's form, which brings its images.
bool is_bin(const std::filesystem::path& pairs) { return pairs.extension() == ".bin"; }

VerificationSet read_bin_set(const std::filesystem::path& path) {
  VerificationBin bin = read_verification_bin(path);
  return {path.stem().native(), verification_pairs(bin), path, std::move(bin.images)};
}

// images: the folder, or a file that open_dataset takes; unused where the pairs bring theirs. A name that the user gave
// is the set's name; LFW itself may also be called "LFW, aligned by another detector".
VerificationSet read_set(const EvaluateArguments& arguments, size_t index, const std::string& images) {
  const std::filesystem::path pairs = arguments.pairs[index];
  VerificationSet set = is_bin(pairs) ? read_bin_set(pairs)
                                      : VerificationSet{pairs.stem().native(), read_verification_pairs(pairs), images};
  if (!is_bin(pairs) && std::filesystem::is_regular_file(images)) set.dataset = open_dataset(images);
  if (!arguments.names.empty()) {
    set.name = arguments.names[index];
    set.pairs.is_lfw_view2 &= set.name == "LFW";
  }
  return set;
}

// The [dataset] that a run was trained on, by its options.toml; no path where `model` is no run directory nor in one.
DatasetOptions training_set_of(const std::filesystem::path& model) {
  DatasetOptions dataset;
  OptionTable table;
  table.group("dataset", [&] { dataset.describe(table); });
  // RUN, RUN/PHASE.safetensors, RUN/checkpoints/step-N or the model.safetensors in it.
  std::filesystem::path run = std::filesystem::absolute(model);
  for (int levels = 0; levels < 4; ++levels, run = run.parent_path()) {
    if (!std::filesystem::is_regular_file(run / "options.toml")) continue;
    for (const OptionAssignment& option : read_recipe_text(run / "options.toml").assignments) {
      if (option.name.starts_with("dataset.")) table.set(option.name, option.value, option.where);
    }
    return dataset;
  }
  return dataset;
}

// Null, with a note, where the data set is no longer there: the weights can be measured without it.
std::shared_ptr<const Dataset> open_training_set(const std::filesystem::path& model) {
  const DatasetOptions dataset = training_set_of(model);
  if (dataset.path.empty()) return nullptr;
  try {
    return open_dataset(dataset.path, dataset.cache);
  } catch (const Error& error) {
    log_info("whether people of the training set are in the pairs can not be told: {}", error.what());
    return nullptr;
  }
}

std::vector<std::string> warn_of_overlap(const Dataset* training, const VerificationSet& set) {
  if (training == nullptr || !set.in_memory.empty()) return {};  // a .bin file names nobody
  std::vector<std::string> names = overlapping_identities(*training, set.pairs);
  for (std::string& name : names) name = printable(name);
  if (names.empty()) return names;
  log_warning("{}: {} people of the pairs are in the training set as well, which makes the result too good: {}{}",
              printable(set.name), names.size(), fmt::join(names | std::views::take(10), ", "),
              names.size() > 10 ? ", ..." : "");
  return names;
}

// NaN, which JSON writes as null, where there is no such pair.
double mean_distance(const PairDistances& distances, bool same) {
  double sum = 0;
  int64_t count = 0;
  for (size_t i = 0; i < distances.same.size(); ++i) {
    if ((distances.same[i] != 0) != same) continue;
    sum += distances.distance_squared[i];
    ++count;
  }
  return sum / static_cast<double>(count);
}

Json to_json(const EvaluationReport& report) {
  const VerificationResult& result = report.verification;
  Json json = {{"name", result.name},
               {"accuracy", result.accuracy},
               {"accuracy_standard_error", result.accuracy_standard_error},
               {"val_at_far_1e_3", result.val_at_far_1e_3},
               {"val_standard_error", result.val_standard_error},
               {"far_at_val", result.far_at_val},
               {"auc", result.auc},
               {"eer", result.eer},
               {"threshold_squared_l2", result.threshold_squared_l2},
               {"num_pairs", result.num_pairs},
               {"mean_squared_l2_matched", mean_distance(report.distances, true)},
               {"mean_squared_l2_mismatched", mean_distance(report.distances, false)},
               {"pairs_left_out", report.pairs_left_out},
               {"missing_images", Json::array()},
               {"unreadable_images", Json::array()},
               {"folds", Json::array()}};
  for (const std::string& image : report.absent.missing) json["missing_images"].push_back(printable(image));
  for (const auto& [image, reason] : report.absent.unreadable) {
    json["unreadable_images"].push_back({{"image", printable(image)}, {"reason", printable(reason)}});
  }
  for (const FoldResult& fold : result.folds) {
    json["folds"].push_back(
        {{"fold", fold.fold + 1}, {"accuracy", fold.accuracy}, {"threshold_squared_l2", fold.threshold_squared_l2}});
  }
  json["num_images"] = report.num_images;
  json["seconds"] = report.seconds;
  json["images_per_second"] = static_cast<double>(report.num_images) / report.seconds;
  return json;
}

void print_table(const EvaluationReport& report) {
  const VerificationResult& result = report.verification;
  if (result.folds.empty()) {
    const bool same = report.distances.same.front() != 0;
    std::cout << fmt::format("{}: {} pairs, all {}, {} images in {:.1f} s\n  mean distance     {:8.4f}   squared L2\n",
                             printable(result.name), result.num_pairs, same ? "matched" : "mismatched",
                             report.num_images, report.seconds, mean_distance(report.distances, same));
    return;
  }
  std::cout << fmt::format("{}: {} pairs, {} images in {:.1f} s ({:.0f} images/s)\n", printable(result.name),
                           result.num_pairs, report.num_images, report.seconds,
                           static_cast<double>(report.num_images) / report.seconds)
            << fmt::format("  accuracy          {:6.2f} +- {:.2f} %\n", 100 * result.accuracy,
                           100 * result.accuracy_standard_error)
            << fmt::format("  VAL @ FAR 1e-3    {:6.2f} +- {:.2f} %   (FAR {:.3f} %)\n", 100 * result.val_at_far_1e_3,
                           100 * result.val_standard_error, 100 * result.far_at_val)
            << fmt::format("  AUC               {:6.2f} %\n", 100 * result.auc)
            << fmt::format("  EER               {:6.2f} %\n", 100 * result.eer)
            << fmt::format("  threshold         {:8.4f}   squared L2; a pair below it is one person\n",
                           result.threshold_squared_l2)
            << "  fold       accuracy   threshold\n";
  for (const FoldResult& fold : result.folds) {
    std::cout << fmt::format("  {:>4}       {:6.2f} %    {:8.4f}\n", fold.fold + 1, 100 * fold.accuracy,
                             fold.threshold_squared_l2);
  }
}

void write_roc(const std::string& path, const PairDistances& distances) {
  std::string csv = "far,tar,threshold_squared_l2\n";
  for (const RocPoint& point : roc_curve(distances)) {
    csv += fmt::format("{},{},{}\n", point.false_accept_rate, point.true_accept_rate, point.threshold_squared_l2);
  }
  write_file_atomically(path, csv);
}

void require_arguments(const EvaluateArguments& arguments) {
  require(!arguments.model.empty(),
          "evaluate needs weights: massface evaluate RUN_OR_WEIGHTS --pairs pairs.txt --images DIR");
  require(!arguments.pairs.empty(), "evaluate needs --pairs: a file in the format of LFW's pairs.txt");
  const auto folders = static_cast<size_t>(std::ranges::count_if(arguments.pairs, std::not_fn(is_bin)));
  const size_t bins = arguments.pairs.size() - folders;
  require(
      folders == arguments.images.size(),
      "--pairs is given {} times and --images {} times; each set needs one of both, in the same order{}", folders,
      arguments.images.size(),
      bins == 0 ? "" : fmt::format(" (beside {} .bin, which bring{} images)", bins, bins == 1 ? "s its" : " their"));
  require(arguments.names.empty() || arguments.names.size() == arguments.pairs.size(),
          "--name is given {} times for {} sets; name all of them, in the order of --pairs, or none",
          arguments.names.size(), arguments.pairs.size());
  require(arguments.roc.empty() || arguments.pairs.size() == 1, "--roc writes the curve of one set, but {} are given",
          arguments.pairs.size());
}

// Everything that can be found wrong before the first image is embedded, of all sets.
std::vector<VerificationSet> read_sets(const EvaluateArguments& arguments) {
  std::vector<VerificationSet> sets;
  auto images = arguments.images.begin();
  for (size_t i = 0; i < arguments.pairs.size(); ++i) {
    sets.push_back(read_set(arguments, i, is_bin(arguments.pairs[i]) ? "" : *images++));
    require_measurable(sets.back(), arguments.options);
  }
  if (!arguments.roc.empty()) require_writable_file(arguments.roc);
  return sets;
}

// The sets' results, measured one after the other. All that were measured are printed, also when one fails.
class Results {
 public:
  Results(const EvaluateArguments& arguments, size_t num_sets) : arguments_(arguments), num_sets_(num_sets) {}

  void add(const EvaluationReport& report, const std::vector<std::string>& overlap, const std::string& weights) {
    if (!arguments_.json) print_table(report);
    sets_.push_back(to_json(report));
    sets_.back()["overlapping_identities"] = overlap;
    sets_.back()["flip"] = arguments_.options.flip;
    sets_.back()["subtract_mean"] = arguments_.options.subtract_mean;
    sets_.back()["precision"] = arguments_.precision;
    sets_.back()["weights"] = weights;
  }

  // failed: {"name": ..., "error": ...} of the set that ended the evaluation, or null.
  void print(const Json& failed = {}) const {
    if (!arguments_.json || sets_.empty()) return;
    Json object = sets_.front();
    if (num_sets_ > 1) object["sets"] = sets_;
    if (!failed.is_null()) object["failed"] = failed;
    print_json(object);
  }

 private:
  const EvaluateArguments& arguments_;
  size_t num_sets_;
  Json sets_ = Json::array();
};

void run_verb(const EvaluateArguments& arguments) {
  require_arguments(arguments);
  const std::filesystem::path weights = find_run_weights(arguments.model, arguments.checkpoint);
  const std::vector<VerificationSet> sets = read_sets(arguments);
  set_compute_threads(arguments.options.threads);
  const Model model = load_model(weights);
  model.network->to(resolve_device(arguments.device));
  const Embedder embedder(model, arguments.precision == "bf16");
  log_info("{}: {}, {}-d, flip {}", printable(weights.native()), model.backbone.name, model.backbone.embedding_size,
           arguments.options.flip);

  const std::shared_ptr<const Dataset> training = open_training_set(arguments.model);
  Results results(arguments, sets.size());
  PairDistances roc;
  for (const VerificationSet& set : sets) {
    try {
      const std::vector<std::string> overlap = warn_of_overlap(training.get(), set);
      const EvaluationReport report = evaluate_pairs(embedder, set, arguments.options);
      results.add(report, overlap, printable(weights.native()));
      roc = report.distances;
    } catch (const std::exception& error) {
      results.print({{"name", printable(set.name)}, {"error", printable(message_of_failure(error))}});
      throw;
    }
  }
  results.print();
  // Last: a disk that is full by now must not cost the result.
  if (!arguments.roc.empty()) write_roc(arguments.roc, roc);
}

}  // namespace

void add_evaluate_verb(CLI::App& program) {
  auto arguments = std::make_shared<EvaluateArguments>();
  CLI::App* verb = program.add_subcommand("evaluate", "Measure verification accuracy, such as LFW's");
  verb->footer(
      "massface evaluate runs/first --pairs pairs.txt --images lfw-112\n"
      "massface evaluate model.safetensors --pairs a.txt --images A --pairs b.txt --images B --json\n"
      "massface evaluate model.safetensors --pairs lfw.bin\n"
      "massface evaluate model.safetensors --pairs pairs.txt --images lfw-112.mfp\n"
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
  auto table = std::make_shared<OptionTable>();
  arguments->describe(*table);
  bind_flags(*verb, table);
  bind_json_flag(*verb, arguments->json);
  verb->callback([arguments] { run_verb(*arguments); });
}

}  // namespace massface
