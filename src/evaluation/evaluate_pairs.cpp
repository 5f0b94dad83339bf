#include "evaluation/evaluate_pairs.h"

#include <ATen/ATen.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <functional>
#include <iterator>
#include <limits>
#include <map>
#include <optional>
#include <ranges>
#include <set>
#include <unordered_map>

#include "core/error.h"
#include "core/files.h"
#include "core/hash.h"
#include "core/log.h"
#include "core/stopwatch.h"
#include "core/threads.h"
#include "distributed/agreement.h"
#include "evaluation/folds.h"
#include "image/decode.h"
#include "kernels/unit_rows.h"

namespace massface {
namespace {

namespace fs = std::filesystem;

std::vector<VerificationPair> pairs_of_folds(const VerificationPairs& pairs, const std::vector<int64_t>& folds) {
  std::vector<VerificationPair> selected;
  std::ranges::copy_if(pairs.pairs, std::back_inserter(selected),
                       [&](const VerificationPair& pair) { return std::ranges::binary_search(folds, pair.fold); });
  return selected;
}

// The pairs that can be measured, as indices into the distinct images they need.
struct PairTable {
  std::vector<std::string> names;  // as in the pairs file
  std::vector<ImageSource> sources;
  std::vector<IndexPair> pairs;
};

PairTable locate(const std::vector<VerificationPair>& asked, const VerificationSet& set, AbsentImages& absent) {
  PairTable table;
  PairImageFinder finder(set);
  std::unordered_map<std::string, std::optional<ImageSource>> source_of;
  std::unordered_map<std::string, int64_t> index_of;
  const auto is_there = [&](const std::string& name) {
    const auto [it, is_new] = source_of.try_emplace(name);
    if (is_new) it->second = finder.find(name);
    if (is_new && !it->second) absent.missing.push_back(name);
    return it->second.has_value();
  };
  const auto index = [&](const std::string& name) {
    const auto [it, is_new] = index_of.try_emplace(name, std::ssize(table.names));
    if (is_new) {
      table.names.push_back(name);
      table.sources.push_back(*source_of.at(name));
    }
    return it->second;
  };
  for (const VerificationPair& pair : asked) {
    const bool first_is_there = is_there(pair.first);  // looks up both, so that every missing image is listed
    if (!is_there(pair.second) || !first_is_there) continue;
    const int64_t first = index(pair.first);
    table.pairs.push_back({first, index(pair.second), pair.same, pair.fold});
  }
  return table;
}

void drop_unreadable(PairTable& table, const std::vector<UnreadableImage>& unreadable, AbsentImages& absent) {
  std::vector<bool> is_bad(table.names.size());
  for (const UnreadableImage& image : unreadable) {
    is_bad[static_cast<size_t>(image.image)] = true;
    absent.unreadable.push_back({image.image, table.names[static_cast<size_t>(image.image)], to_line(image)});
  }
  std::erase_if(table.pairs, [&](const IndexPair& pair) {
    return is_bad[static_cast<size_t>(pair.first)] || is_bad[static_cast<size_t>(pair.second)];
  });
}

// "3 missing images (A/A_0001.jpg, B/B_0001.jpg, C/C_0001.jpg)", with "..." after the third of more.
std::string name_some(const std::vector<std::string>& names, const char* kind) {
  constexpr size_t kNamed = 3;
  std::vector<std::string> shown;
  for (const std::string& name : names | std::views::take(kNamed)) shown.push_back(printable(name));
  if (names.size() > kNamed) shown.push_back("...");
  return fmt::format("{} {} image{} ({})", names.size(), kind, names.size() == 1 ? "" : "s", fmt::join(shown, ", "));
}

std::string describe_absent(const AbsentImages& absent) {
  std::vector<std::string> parts;
  if (!absent.missing.empty()) parts.push_back(name_some(absent.missing, "missing"));
  std::vector<std::string> reasons;  // each names its image
  for (const UnreadableImage& image : absent.unreadable) reasons.push_back(image.reason);
  if (!reasons.empty()) parts.push_back(name_some(reasons, "unreadable"));
  return fmt::format("{}", fmt::join(parts, " and "));
}

// Returns advice that names the folds without a lost pair; "" if there are no such folds or if all folds are such.
std::string whole_folds_advice(const std::vector<VerificationPair>& asked, const std::vector<IndexPair>& used) {
  std::map<int64_t, int64_t> lost;
  for (const VerificationPair& pair : asked) ++lost[pair.fold];
  for (const IndexPair& pair : used) --lost[pair.fold];
  std::vector<int64_t> whole;
  for (const auto& [fold, count] : lost) {
    if (count == 0) whole.push_back(fold);
  }
  if (whole.empty() || whole.size() == lost.size()) return "";
  return fmt::format(" All images of {} are present: use --folds {} to measure only those.", folds_phrase(whole),
                     folds_phrase(whole).substr(folds_phrase(whole).find(' ') + 1));
}

bool is_called_lfw(std::string name) {
  std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::tolower(c); });
  return name == "lfw";
}

std::string result_name(const VerificationSet& set, const std::vector<int64_t>& folds, int64_t left_out) {
  const bool part = std::ssize(folds) < set.pairs.num_folds;
  // A part of the protocol is easier or harder than the whole: it must not appear in a table of LFW results.
  const bool whole_lfw = set.pairs.is_lfw_view2 && !part && left_out == 0;
  std::string name = whole_lfw ? "LFW" : is_called_lfw(set.name) ? "pairs" : set.name;
  if (part) name = fmt::format("{} {}", name, folds_phrase(folds));
  if (left_out > 0) name += fmt::format(" ({} pair{} missing)", left_out, left_out == 1 ? "" : "s");
  return name;
}

void require_enough(const std::vector<VerificationPair>& asked, const std::vector<IndexPair>& used,
                    const VerificationSet& set, const AbsentImages& absent) {
  const int64_t left_out = std::ssize(asked) - std::ssize(used);
  require(2 * left_out <= std::ssize(asked),
          "{}: {} of {} pairs, more than half, have no usable image below {}: {}. Is it the right folder?{}",
          printable(set.name), left_out, asked.size(), printable(set.images.native()), describe_absent(absent),
          whole_folds_advice(asked, used));
}

bool has_both_kinds(const std::vector<VerificationPair>& pairs) {
  const auto is_same = [](const VerificationPair& pair) { return pair.same; };
  return std::ranges::any_of(pairs, is_same) && !std::ranges::all_of(pairs, is_same);
}

// Any network would be right by calling all pairs the same, so there is nothing to measure but distances.
VerificationResult without_accuracy(const std::string& name, const std::vector<IndexPair>& pairs) {
  log_warning("{}: all of its pairs are {}, so it has no accuracy; only the distances are meaningful", printable(name),
              pairs.front().same ? "matched" : "mismatched");
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  return {.name = name,
          .num_pairs = std::ssize(pairs),
          .accuracy = kNone,
          .accuracy_standard_error = kNone,
          .val_at_far_1e_3 = kNone,
          .val_standard_error = kNone,
          .far_at_val = kNone,
          .auc = kNone,
          .eer = kNone,
          .threshold_squared_l2 = kNone,
          .folds = {}};
}

// MXNet records, and sets packed by others, may give their images any names.
[[noreturn]] void refuse_names(const VerificationSet& set, const AbsentImages& absent) {
  fail(
      "{}: no pair of {} has both of its images in this set; {} is missing, for instance, and the first image of the "
      "set is {}/{}. Pack the folders whose images the pairs name (massface pack lfw-112 lfw.mfp), or pass these "
      "folders",
      printable(set.images.native()), printable(set.name), printable(absent.missing.front()),
      printable(set.dataset->identity_name(0)), printable(set.dataset->file_name(0)));
}

// Everything about an evaluation that is known without the network.
struct Plan {
  std::vector<int64_t> folds;
  std::vector<VerificationPair> asked;
  AbsentImages absent;
  PairTable table;
};

Plan make_plan(const VerificationSet& set, const EvaluationOptions& options) {
  std::error_code unreachable;
  require(!set.in_memory.empty() || set.dataset != nullptr || fs::is_directory(set.images, unreachable),
          "{}: the images folder of {} is not a folder; pass with --images the folder that holds "
          "NAME/NAME_0001.jpg, or a packed set of it",
          printable(set.images.native()), printable(set.name));
  options.other_size();  // throws if the options contradict each other
  Plan plan;
  plan.folds = parse_folds(options.folds, set.pairs.num_folds);
  plan.asked = pairs_of_folds(set.pairs, plan.folds);
  require(!plan.asked.empty(), "{}: contains no pairs", printable(set.name));
  plan.table = locate(plan.asked, set, plan.absent);
  if (set.dataset != nullptr && plan.table.pairs.empty()) refuse_names(set, plan.absent);
  require_enough(plan.asked, plan.table.pairs, set, plan.absent);
  return plan;
}

// "12000 images, hash 0123456789abcdef"
std::string list_of(const std::vector<std::string>& names) {
  std::string all;
  for (const std::string& name : names) all += name + '\n';
  return fmt::format("{} images, hash {}", names.size(), hex(hash64(all)));
}

std::string fingerprint_of(const PairTable& table) {
  std::string all;
  for (const IndexPair& pair : table.pairs) {
    all += fmt::format("{}\n{}\n{}\n", table.names[static_cast<size_t>(pair.first)],
                       table.names[static_cast<size_t>(pair.second)], pair.same);
  }
  return hex(hash64(all));
}

// Returns the distance of each pair as that of its own fold.
std::vector<float> distances_of_each_fold(const PairDistances& over_all,
                                          const std::function<PairDistances(int64_t fold)>& distances_for) {
  std::vector<float> distances = over_all.distance_squared;
  for (const int64_t fold : std::set<int64_t>(over_all.fold.begin(), over_all.fold.end())) {
    const PairDistances of_fold = distances_for(fold);
    for (size_t i = 0; i < distances.size(); ++i) {
      if (over_all.fold[i] == fold) distances[i] = of_fold.distance_squared[i];
    }
  }
  return distances;
}

}  // namespace

void EvaluationOptions::describe(OptionTable& table) {
  table.add_choice("flip", flip, flip_names(),
                   "How to use the embedding of the mirrored image: concatenate it with the image's own embedding, add "
                   "it (sum), or ignore it (none).");
  table.add("folds", folds,
            "Measure only these folds, such as 1-5 or 1,3; the result's name includes them. Empty: all folds.");
  table.add("resize", resize,
            "Resize images whose size differs from the network's input; otherwise they are an error.");
  table.add("center_crop", center_crop,
            "Use the centre of images larger than the network's input: 96 of 112 columns, for instance.");
  table.add("subtract_mean", subtract_mean,
            "Subtract from every embedding the mean of the other folds' embeddings, as the evaluations of SphereFace "
            "and others do.");
  table.add("batch", batch, {.min = 1, .max = 65536}, "Number of images that the network embeds at a time.");
  table.add("threads", threads, {.min = 0, .max = 1024},
            "Number of threads for decoding and computing (0: one per available core).");
}

OtherSize EvaluationOptions::other_size() const {
  require(!resize || !center_crop, "--resize and --center-crop both treat images of another size; choose one");
  return other_size_of(resize, center_crop);
}

void require_measurable(const VerificationSet& set, const EvaluationOptions& options) { make_plan(set, options); }

EvaluationReport evaluate_pairs(const ImageEmbedder& embedder, const VerificationSet& set,
                                const EvaluationOptions& options, const std::shared_ptr<Processes>& processes) {
  auto [folds, asked, absent, table] = together(*processes, [&] { return make_plan(set, options); });
  require_same_facts(*processes, {{fmt::format("list of images of {}", printable(set.name)), list_of(table.names)}});
  EvaluationReport report{.absent = std::move(absent)};

  const Stopwatch watch;
  const EmbeddedImages embedded = embed_images(embedder, std::ssize(table.sources),
                                               [&](int64_t i) { return table.sources[static_cast<size_t>(i)]; },
                                               {.flip = parse_flip(options.flip),
                                                .other_size = options.other_size(),
                                                .batch = options.batch,
                                                .threads = resolve_threads(options.threads),
                                                .processes = processes});
  report.seconds = watch.seconds();
  report.num_images = std::ssize(table.sources) - std::ssize(embedded.unreadable);

  drop_unreadable(table, embedded.unreadable, report.absent);
  require_enough(asked, table.pairs, set, report.absent);
  report.pairs_left_out = std::ssize(asked) - std::ssize(table.pairs);
  if (report.pairs_left_out > 0) {
    log_warning("{}: {} of {} pairs are left out because of {}.{}", printable(set.name), report.pairs_left_out,
                asked.size(), describe_absent(report.absent), whole_folds_advice(asked, table.pairs));
  }
  report.fingerprint = fingerprint_of(table);
  const Tensor& rows = embedded.embeddings;
  report.distances = options.subtract_mean ? centered_pair_distances(rows, table.pairs, std::nullopt)
                                           : pair_distances(unit_rows(rows), table.pairs);
  const auto distances_for = [&](int64_t fold) {
    return options.subtract_mean ? centered_pair_distances(rows, table.pairs, fold) : report.distances;
  };
  const std::string name = result_name(set, folds, report.pairs_left_out);
  if (has_both_kinds(asked)) {
    report.verification = verify_by_fold(report.distances, distances_for, name);
    report.decision_distances = distances_of_each_fold(report.distances, distances_for);
  } else {
    report.verification = without_accuracy(name, table.pairs);
  }
  report.pairs = std::move(table.pairs);
  report.images = std::move(table.names);
  return report;
}

}  // namespace massface
