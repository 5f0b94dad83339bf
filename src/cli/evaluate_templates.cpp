#include "cli/evaluate_templates.h"

#include <iostream>
#include <map>
#include <nlohmann/json.hpp>

#include "checkpoint/run_weights.h"
#include "cli/flags.h"
#include "cli/threshold_report.h"
#include "core/error.h"
#include "core/files.h"
#include "core/log.h"
#include "evaluation/all_pairs.h"
#include "evaluation/identification.h"
#include "evaluation/templates.h"
#include "kernels/device.h"
#include "kernels/precision.h"

namespace massface {
namespace {

using Json = nlohmann::ordered_json;

void require_template_arguments(const EvaluateArguments& arguments) {
  const TemplateArguments& lists = arguments.templates;
  require(arguments.models.size() == 1, "evaluate needs the weights of one network for templates; {} are given",
          arguments.models.size());
  require(arguments.pairs.empty() && arguments.all_pairs.empty(),
          "--templates, --gallery and --probes are measured alone; leave --pairs and --all-pairs out");
  require(arguments.images.size() == 1,
          "templates need --images once, the folder that the files of their lists lie in; it is given {} times",
          arguments.images.size());
  require(lists.gallery.empty() == lists.probes.empty(),
          "--gallery and --probes belong together: the people who are known, and the faces that are looked for");
  require(lists.pairs.empty() || !lists.list.empty(),
          "--template-pairs names templates of --templates, which is missing");
  require(lists.list.empty() || lists.gallery.empty(), "--templates and --gallery are two measurements; give one");
  require(arguments.roc.empty() && arguments.report.empty() && !arguments.record && !arguments.write_thresholds &&
              !arguments.options.subtract_mean && arguments.options.folds.empty(),
          "--roc, --report, --record, --write-thresholds, --subtract-mean and --folds are not for templates");
  require(arguments.names.empty(), "--name names sets of --pairs; templates are called as their list is");
  require(number_of_processes(arguments.processes.processes) <= 1 && arguments.processes.rank < 0,
          "templates are evaluated by one process; leave --processes out");
}

// All pairs, or those of the list.
ScoreHistogram compare_templates(const Templates& templates, const std::string& pairs, int64_t& left_out) {
  if (!pairs.empty()) return ScoreHistogram::of(distances_of(templates, read_template_pairs(pairs), &left_out));
  std::map<std::string, int64_t> number_of;
  std::vector<int64_t> people;
  for (const std::string& subject : templates.subjects) {
    require(
        !subject.empty(),
        "a template has no subject, so which are of one person is not known; the list needs the column \"subject\", "
        "or pass --template-pairs");
    people.push_back(number_of.try_emplace(subject, std::ssize(number_of)).first->second);
  }
  return scores_of_all_pairs(templates.embeddings, people);
}

void report_templates(const EvaluateArguments& arguments, const Templates& templates) {
  int64_t left_out = 0;
  const ScoreHistogram scores = compare_templates(templates, arguments.templates.pairs, left_out);
  require(scores.matched() > 0 && scores.mismatched() > 0,
          "{}: {} matched and {} mismatched comparisons; there must be at least one of each",
          printable(arguments.templates.list), scores.matched(), scores.mismatched());
  ThresholdTable table = make_threshold_table(scores);
  table.set = std::filesystem::path(arguments.templates.list).stem().native();
  table.flip = arguments.options.flip;
  if (arguments.json) {
    return print_json({{"templates", templates.ids.size()},
                       {"images", templates.num_images},
                       {"lost_templates", templates.lost.size()},
                       {"pairs_left_out", left_out},
                       {"auc", area_under_curve(scores)},
                       {"eer", equal_error_rate(scores)},
                       {"thresholds", thresholds_json(table)}});
  }
  std::cout << fmt::format("{}: {} templates of {} images\n", printable(arguments.templates.list), templates.ids.size(),
                           templates.num_images);
  if (left_out > 0) std::cout << fmt::format("  {} pairs are left out, since their templates are lost\n", left_out);
  std::cout << fmt::format("  AUC              {:7.2f} %\n  EER              {:7.2f} %\n",
                           100 * area_under_curve(scores), 100 * equal_error_rate(scores));
  print_thresholds(table);
}

Json rate_json(const MeasuredRate& rate) { return {{"rate", rate.rate}, {"low", rate.low}, {"high", rate.high}}; }

std::string rate_text(const MeasuredRate& rate) {
  return fmt::format("{:6.2f} % ({:.2f} to {:.2f})", 100 * rate.rate, 100 * rate.low, 100 * rate.high);
}

Json identification_json(const IdentificationResult& result) {
  Json json{{"gallery_templates", result.gallery_templates},
            {"gallery_subjects", result.gallery_subjects},
            {"mated_probes", result.mated},
            {"unmated_probes", result.unmated}};
  if (result.mated > 0) {
    json["rank_1"] = rate_json(result.rank_1);
    json["rank_5"] = rate_json(result.rank_5);
  }
  json["open_set"] = Json::array();
  for (const IdentificationRow& row : result.rows) {
    Json line{{"fpir", row.fpir}, {"threshold_cosine", nullptr}};
    if (row.threshold_cosine) {
      line["threshold_cosine"] = *row.threshold_cosine;
      line["measured_fpir"] = rate_json(row.false_positives);
      line["tpir"] = rate_json(row.true_positives);
    }
    json["open_set"].push_back(std::move(line));
  }
  return json;
}

void print_identification(const IdentificationResult& result) {
  std::cout << fmt::format("{} subjects in the gallery, {} templates; {} mated and {} unmated probes\n",
                           result.gallery_subjects, result.gallery_templates, result.mated, result.unmated);
  if (result.mated > 0) {
    std::cout << fmt::format("  rank 1           {}\n  rank 5           {}\n", rate_text(result.rank_1),
                             rate_text(result.rank_5));
  }
  if (result.rows.empty()) {
    std::cout << "  no open set: it needs mated and unmated probes\n";
    return;
  }
  std::cout << "  FPIR        cosine   TPIR\n";
  for (const IdentificationRow& row : result.rows) {
    if (row.threshold_cosine) {
      std::cout << fmt::format("  {:.0e}   {:9.4f}   {}\n", row.fpir, *row.threshold_cosine,
                               rate_text(row.true_positives));
    } else {
      std::cout << fmt::format("  {:.0e}           -   too few unmated probes: {:.0f} needed\n", row.fpir,
                               kLeastExpectedFalseMatches / row.fpir);
    }
  }
}

}  // namespace

void TemplateArguments::describe(OptionTable& table) {
  table.add(
      "templates", list,
      "List of templates, several images that stand for one person: CSV with the columns template, subject, media "
      "and file, or IJB's lines of FILE TEMPLATE MEDIA. All templates are compared with each other, or those of "
      "--template-pairs.");
  table.add("template_pairs", pairs, "Pairs of templates to compare: lines of FIRST SECOND SAME, with SAME 1 or 0.");
  table.add("gallery", gallery, "List of templates of the people who are known, to be searched for --probes.");
  table.add(
      "probes", probes,
      "List of templates that are looked for in --gallery; those of subjects who are not in it measure how often a "
      "stranger is found.");
}

void evaluate_templates(const EvaluateArguments& arguments) {
  require_template_arguments(arguments);
  const TemplateArguments& lists = arguments.templates;
  const std::filesystem::path weights = find_run_weights(arguments.models.front(), arguments.checkpoint);
  std::vector<std::vector<TemplateImage>> read;
  for (const std::string& file : {lists.list, lists.gallery, lists.probes}) {
    read.push_back(file.empty() ? std::vector<TemplateImage>{} : read_template_list(file));
  }
  set_compute_threads(arguments.options.threads);
  const Model model = load_model(weights);
  const at::Device device = resolve_device(arguments.device);
  model.network->to(device);
  const bool bf16 = infers_in_bf16(arguments.precision, device, model.backbone.kernels);
  const Embedder embedder(model, bf16);
  log_info("{}: {}, {}-d, flip {}, {}", printable(weights.native()), model.backbone.name, model.backbone.embedding_size,
           arguments.options.flip, describe_precision(bf16, device, model.backbone.kernels));
  const std::string& images = arguments.images.front();
  if (!lists.list.empty()) {
    return report_templates(arguments, embed_templates(embedder, read[0], images, arguments.options));
  }
  const Templates gallery = embed_templates(embedder, read[1], images, arguments.options);
  const Templates probes = embed_templates(embedder, read[2], images, arguments.options);
  const IdentificationResult result =
      identify_probes(gallery.embeddings, gallery.subjects, probes.embeddings, probes.subjects);
  if (arguments.json) return print_json(identification_json(result));
  print_identification(result);
}

}  // namespace massface
