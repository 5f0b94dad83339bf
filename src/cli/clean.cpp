#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "checkpoint/run_weights.h"
#include "cleaning/clean_dataset.h"
#include "cleaning/cleaning_page.h"
#include "cleaning/decisions.h"
#include "cli/flags.h"
#include "cli/left_out.h"
#include "cli/progress_lines.h"
#include "cli/verbs.h"
#include "core/error.h"
#include "core/files.h"
#include "core/hash.h"
#include "core/log.h"
#include "core/stop_signal.h"
#include "core/stopwatch.h"
#include "dataset/pack_dataset.h"
#include "dataset/same_names.h"
#include "kernels/device.h"
#include "kernels/precision.h"

namespace massface {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr const char* kDecisionsName = "decisions.csv";
constexpr const char* kPageName = "report.html";
constexpr const char* kUnreadableName = "unreadable_images.txt";

struct CleanArguments {
  std::string dataset;
  std::string model;
  std::string checkpoint;
  std::string against;
  std::string out;
  std::string apply;
  std::string same_names = "ask";
  bool cache = true;
  std::string device = "auto";
  std::string precision = "fp32";
  CleaningOptions options;
  bool json = false;

  void describe(OptionTable& table) {
    table.add(
        "checkpoint", checkpoint,
        "Weights of the run directory to use: last, best, the name of a finished phase, or step-000000120 (empty: "
        "last).");
    table.add("against", against,
              "A test set, as a folder, a packed set or an insightface .bin: people who are in it, too, are found.");
    table.add("out", out, "The folder to create for the findings, or the packed set to create with --apply.");
    table.add("apply", apply, "Apply this file of decisions instead of looking for faults.");
    options.describe(table);
    table.add("cache", cache, "Keep the scan of the folders in the user's cache folder and reuse it.");
    describe_same_names(table, same_names);
    table.add("device", device, "auto, cpu or cuda:N.");
    table.add_choice("precision", precision, precision_names(),
                     "Precision of the network's layers; auto is bf16 wherever that is faster.");
  }
};

void require_arguments(const CleanArguments& arguments) {
  require(!arguments.dataset.empty() && !arguments.out.empty() && (arguments.model.empty() != arguments.apply.empty()),
          "clean needs a face set, --out, and either --model to find faults or --apply to act on them: massface clean "
          "FACES --model WEIGHTS --out DIR, then massface clean FACES --apply DIR/{} --out NEW.mfp",
          kDecisionsName);
  require(arguments.apply.empty() || arguments.against.empty(),
          "--against looks for people of a test set, which --apply does not; their lines are in {}", kDecisionsName);
  if (arguments.apply.empty()) {
    require(!arguments.out.ends_with(".mfp"),
            "{}: findings are written to a folder; --apply writes a packed set, once there are decisions",
            printable(arguments.out));
    arguments.options.other_size();  // throws if the options contradict each other
  } else {
    require(arguments.out.ends_with(".mfp"), "{}: --apply writes a packed set, whose name ends in .mfp",
            printable(arguments.out));
  }
}

// Throws Error unless the folder can be created. Removes an empty one.
fs::path place_for_findings(const std::string& out) {
  const fs::path folder = without_final_slash(out);
  std::error_code unreachable;
  if (exists(symlink_status(folder, unreachable))) {
    require(is_directory(folder, unreachable) && fs::is_empty(folder, unreachable),
            "{} already exists. Move it away, or choose another folder for the findings", printable(folder.native()));
  }
  const fs::path parent = absolute_path(folder).parent_path();
  create_directories_or_fail(parent);
  require_writable_folder(parent);
  return folder;
}

void write_findings(const fs::path& folder, const Dataset& dataset, const CleaningResult& result) {
  const std::string decisions = decisions_text(dataset, result.faults, result.images, result.test_names);
  const std::string page = to_html(cleaning_page(dataset, result, kDecisionsName));
  std::string unreadable;
  for (const UnreadableImage& image : result.unreadable) unreadable += to_line(image) + "\n";
  std::error_code absent;
  fs::remove(folder, absent);  // an empty folder, if any
  write_directory_atomically(folder, [&](const fs::path& partial) {
    write_file_atomically(partial / kDecisionsName, decisions);
    write_file_atomically(partial / kPageName, page);
    if (!unreadable.empty()) write_file_atomically(partial / kUnreadableName, unreadable);
  });
}

Json findings_json(const Dataset& dataset, const CleaningResult& result, const fs::path& folder) {
  const CleaningThresholds& t = result.faults.thresholds;
  Json json = {{"images", dataset.size()},
               {"people", dataset.num_identities()},
               {"folder", printable(folder.native())},
               {"findings", Json::object()},
               {"thresholds",
                {{"wrong_label", t.wrong_label.similarity},
                 {"other_person_fits", t.other_person_fits},
                 {"same_person", t.same_person},
                 {"two_people", t.two_people}}},
               {"estimated_wrong_fraction", t.wrong_label.wrong_fraction},
               {"estimated_false_share", t.wrong_label.false_share},
               {"images_without_similarity", result.faults.images_without_similarity},
               {"people_without_centre", result.faults.people_without_centre},
               {"unreadable_images", result.unreadable.size()},
               {"embed_seconds", result.embed_seconds},
               {"search_seconds", result.search_seconds}};
  if (!result.test_names.empty()) json["thresholds"]["test_person"] = t.test_person;
  for (const FaultCount& count : count_faults(dataset, result.faults)) {
    json["findings"][name_of(count.kind)] = {
        {"found", count.faults}, {"changes", count.changes}, {"images_changed", count.images}};
  }
  return json;
}

void print_findings(const Dataset& dataset, const CleaningResult& result, const fs::path& folder) {
  const CleaningThresholds& t = result.faults.thresholds;
  std::cout << fmt::format("{} images of {} people, embedded in {:.0f} s, searched in {:.0f} s\n", dataset.size(),
                           dataset.num_identities(), result.embed_seconds, result.search_seconds)
            << fmt::format("{:<34}{:>9}{:>9}{:>16}\n", "", "findings", "changes", "images changed");
  for (const FaultCount& count : count_faults(dataset, result.faults)) {
    std::cout << fmt::format("  {:<32}{:>9}{:>9}{:>16}\n", headline_of(count.kind), count.faults, count.changes,
                             count.images);
  }
  std::cout << fmt::format(
                   "  thresholds (cosines)  image {:.3f}, other person {:.3f}, same person {:.3f}, two people "
                   "{:.3f}\n",
                   t.wrong_label.similarity, t.other_person_fits, t.same_person, t.two_people)
            << fmt::format(
                   "  wrong labels          about {:.1f} % of the set; about {:.0f} % of the images found have right "
                   "labels\n",
                   100 * t.wrong_label.wrong_fraction, 100 * t.wrong_label.false_share)
            << fmt::format("  decide                {} and {}\n", printable((folder / kPageName).native()),
                           printable((folder / kDecisionsName).native()));
}

// The embedding says itself that a signal has stopped it; the search for faults is left to this.
template <typename Search>
CleaningResult found_or_stopped(const Search& search) {
  try {
    return search();
  } catch (const Interrupted&) {
    throw Failure("stopped by a signal while looking for faults; nothing is written");
  }
}

void find(const CleanArguments& arguments) {
  const Stopwatch watch;
  const fs::path folder = place_for_findings(arguments.out);
  const fs::path weights = find_run_weights(arguments.model, arguments.checkpoint);
  const auto dataset = open_dataset(arguments.dataset, arguments.cache, parse_same_names(arguments.same_names));
  TestImages test;
  if (!arguments.against.empty()) test = open_test_images(arguments.against);
  set_compute_threads(arguments.options.threads);
  const Model model = load_model(weights);
  const at::Device device = resolve_device(arguments.device);
  model.network->to(device);
  const bool bf16 = infers_in_bf16(arguments.precision, device, model.backbone.kernels);
  log_info("{}: {}, {}-d, flip {}, {}", printable(weights.native()), model.backbone.name, model.backbone.embedding_size,
           arguments.options.flip, describe_precision(bf16, device, model.backbone.kernels));
  const CleaningResult result = found_or_stopped([&] {
    return clean_dataset(Embedder(model, bf16), *dataset, arguments.against.empty() ? nullptr : &test,
                         arguments.options, stoppable_progress(watch, "nothing is written"));
  });
  write_findings(folder, *dataset, result);
  if (!result.unreadable.empty()) {
    log_warning("{} unreadable images took no part, such as {}; all are listed in {}", result.unreadable.size(),
                to_line(result.unreadable.front()), printable((folder / kUnreadableName).native()));
  }
  if (arguments.json) return print_json(findings_json(*dataset, result, folder));
  print_findings(*dataset, result, folder);
}

NewLabels labels_after(const CleanArguments& arguments, const Dataset& dataset) {
  const std::vector<Decision> decisions = read_decisions(arguments.apply, dataset);
  try {
    return decided_labels(dataset, decisions);
  } catch (const Error& contradiction) {
    fail("{}: {}", printable(arguments.apply), contradiction.what());
  }
}

// What applying the decisions has changed.
struct LabelChanges {
  int64_t dropped = 0, moved = 0;
};

LabelChanges count_changes(const Dataset& dataset, const NewLabels& labels) {
  LabelChanges changes;
  for (ImageIndex image = 0; image < dataset.size(); ++image) {
    const int64_t label = labels.name_of_image[static_cast<size_t>(image)];
    changes.dropped += label < 0;
    changes.moved += label >= 0 && label != dataset.identity_of(image);
  }
  return changes;
}

void apply(const CleanArguments& arguments) {
  const Stopwatch watch;
  require_place_for_packed_set(arguments.out);
  const fs::path left_out_list = fs::path(arguments.out).replace_extension(".bad_images.txt");
  require_place_for_left_out(left_out_list);
  const auto dataset = open_dataset(arguments.dataset, arguments.cache, parse_same_names(arguments.same_names));
  const NewLabels labels = labels_after(arguments, *dataset);
  const LabelChanges changes = count_changes(*dataset, labels);
  const PackResult packed = pack_dataset(*relabel_images(dataset, labels), arguments.out,
                                         {.max_bad_fraction = 1, .threads = arguments.options.threads},
                                         stoppable_progress(watch, "the unfinished packed set is removed"));
  report_left_out(packed.left_out, left_out_list);
  if (arguments.json) {
    Json json = {{"file", printable(packed.written.files.front().native())},
                 {"images", packed.written.images},
                 {"people", packed.written.identities},
                 {"images_before", dataset->size()},
                 {"people_before", dataset->num_identities()},
                 {"images_dropped", changes.dropped},
                 {"images_moved", changes.moved},
                 {"fingerprint", hex(packed.written.fingerprint)}};
    add_left_out(json, packed.left_out);
    json["seconds"] = watch.seconds();
    return print_json(json);
  }
  std::cout << fmt::format(
      "{} images of {} people ({} of {} before): {} dropped, {} under another name, in {:.1f} s\n  packed set  {}\n",
      packed.written.images, packed.written.identities, dataset->size(), dataset->num_identities(), changes.dropped,
      changes.moved, watch.seconds(), printable(packed.written.files.front().native()));
}

void run_clean(const CleanArguments& arguments) {
  require_arguments(arguments);
  if (arguments.apply.empty()) {
    find(arguments);
  } else {
    apply(arguments);
  }
}

}  // namespace

void add_clean_verb(CLI::App& program) {
  auto arguments = std::make_shared<CleanArguments>();
  CLI::App* verb = program.add_subcommand(
      "clean", "Find wrong labels, duplicates, and people of a test set in a face set; apply decisions about them");
  verb->add_option("FACES", arguments->dataset,
                   "A folder of identity folders, a list file, MXNet records, a packed set, or several of these "
                   "separated by ':'")
      ->type_name("");
  verb->add_option("--model", arguments->model, "The network that finds faults: a .safetensors file or a run directory")
      ->type_name("RUN_OR_WEIGHTS");
  verb->footer(
      "massface clean faces.mfp --model runs/first --out runs/clean --against lfw-112\n"
      "massface clean faces.mfp --apply runs/clean/decisions.csv --out faces-clean.mfp\n"
      "The first writes a page to decide by (report.html) and a list of decisions, which you may edit; the second "
      "packs\n"
      "the set that they make. The face set itself is never changed. docs/cleaning.md defines findings and "
      "thresholds.");
  bind_verb(*verb, *arguments, arguments->json, [arguments] { run_clean(*arguments); });
}

}  // namespace massface
