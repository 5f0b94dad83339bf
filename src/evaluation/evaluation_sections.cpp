#include "evaluation/evaluation_sections.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "evaluation/evaluation_charts.h"
#include "evaluation/mcnemar.h"

namespace massface {
namespace {

using Records = std::vector<const EvaluationRecord*>;

// The evaluations of one set, in the order of the records.
struct SetEvaluations {
  std::string name;
  bool all_pairs = false;
  Records records;
};

std::vector<SetEvaluations> by_set(const std::vector<EvaluationRecord>& records) {
  std::vector<SetEvaluations> sets;
  for (const EvaluationRecord& record : records) {
    auto set = std::ranges::find_if(sets, [&](const SetEvaluations& known) {
      return known.name == record.verification.name && known.all_pairs == record.all_pairs;
    });
    if (set == sets.end()) set = sets.insert(set, {record.verification.name, record.all_pairs, {}});
    set->records.push_back(&record);
  }
  return sets;
}

std::string with_error(double value, double error) {
  return std::isfinite(value) ? fmt::format("{:.2f} ± {:.2f} %", 100 * value, 100 * error) : "-";
}

std::string cosine_text(double distance_squared) { return fmt::format("{:.3f}", 1 - distance_squared / 2); }

ReportTable figures_table(const std::vector<SetEvaluations>& sets) {
  ReportTable table{.caption = "Figures; ± is the standard error over the folds",
                    .header = {"Network and set", "Accuracy", "VAL @ FAR 1e-3", "AUC", "EER", "Threshold", "Pairs"}};
  for (const SetEvaluations& set : sets) {
    for (const EvaluationRecord* record : set.records) {
      const VerificationResult& result = record->verification;
      table.rows.push_back(
          {record->model.name + " on " + set.name, with_error(result.accuracy, result.accuracy_standard_error),
           with_error(result.val_at_far_1e_3, result.val_standard_error), percent_text(result.auc),
           percent_text(result.eer),
           std::isfinite(result.threshold_squared_l2) ? fmt::format("{:.4f}", result.threshold_squared_l2) : "-",
           std::to_string(result.num_pairs)});
    }
  }
  return table;
}

ReportTable networks_table(const std::vector<EvaluationRecord>& records) {
  ReportTable table{.caption = "Networks",
                    .header = {"Network", "Backbone", "Input (width x height)", "Embedding", "Precision", "Weights"}};
  std::set<std::string> known;
  for (const EvaluationRecord& record : records) {
    const EvaluatedModel& model = record.model;
    if (!known.insert(model.name).second) continue;
    table.rows.push_back({model.name, model.backbone, fmt::format("{} x {}", model.input_width, model.input_height),
                          std::to_string(model.embedding_size), model.precision, model.weights});
  }
  return table;
}

bool decided_the_same_pairs(const EvaluationRecord& a, const EvaluationRecord& b) {
  return !a.right.empty() && a.right.size() == b.right.size() && a.fingerprint == b.fingerprint;
}

ReportTable differences_table(const SetEvaluations& set) {
  ReportTable table{
      .caption = "Do the networks differ on " + set.name + "?",
      .header = {"Networks", "Only the first right", "Only the second right", "Difference", "p", "Significant at 5 %"}};
  for (size_t i = 0; i < set.records.size(); ++i) {
    for (size_t j = i + 1; j < set.records.size(); ++j) {
      const EvaluationRecord &first = *set.records[i], &second = *set.records[j];
      std::vector<std::string> cells = {first.model.name + " and " + second.model.name};
      if (!decided_the_same_pairs(first, second)) {
        cells.insert(cells.end(), {"-", "-", "-", "-", "not the same pairs"});
      } else {
        const PairedDecisions decisions = compare_decisions(first.right, second.right);
        const auto gained = static_cast<double>(decisions.only_second_right - decisions.only_first_right);
        cells.insert(cells.end(),
                     {std::to_string(decisions.only_first_right), std::to_string(decisions.only_second_right),
                      fmt::format("{:+.2f} %", 100 * gained / static_cast<double>(decisions.cases)),
                      fmt::format("{:.2g}", decisions.p_value), decisions.p_value < 0.05 ? "yes" : "no"});
      }
      table.rows.push_back(std::move(cells));
    }
  }
  return table;
}

ReportSection summary_section(const std::vector<EvaluationRecord>& records, const std::vector<SetEvaluations>& sets) {
  ReportSection section{.heading = "Evaluation", .tables = {figures_table(sets)}};
  bool compares = false;
  for (const SetEvaluations& set : sets) {
    if (set.records.size() < 2 || set.all_pairs) continue;
    section.tables.push_back(differences_table(set));
    compares = true;
  }
  section.tables.push_back(networks_table(records));
  section.paragraphs.push_back(
      "Each fold is decided by the threshold of the other folds. The threshold in the table is the one to deploy, as "
      "squared L2 distance: a pair below it is one person.");
  if (compares) {
    section.paragraphs.push_back(
        "Two networks differ significantly if, of the pairs that only one of them decides rightly, more fall to one "
        "than chance would explain (McNemar's exact test). Pairs that share images are not independent, so take a p "
        "near 0.05 with care; and of twenty comparisons of equal networks, one is expected below it.");
  }
  const auto input = [](const EvaluationRecord& r) { return std::pair(r.model.input_height, r.model.input_width); };
  if (std::ranges::any_of(records, [&](const EvaluationRecord& r) { return input(r) != input(records.front()); })) {
    section.paragraphs.push_back(
        "The networks take images of different sizes, so what they saw of the same faces differs.");
  }
  if (std::ranges::any_of(records, [](const EvaluationRecord& r) { return r.verification.threshold_in_sample; })) {
    section.paragraphs.push_back(
        "A set with a single fold has its threshold chosen on the pairs that it is measured on, which makes its "
        "accuracy too good.");
  }
  return section;
}

// What the headings of a set's sections end with, if there are several sets.
std::string of_set(const SetEvaluations& set, size_t num_sets) { return num_sets > 1 ? " on " + set.name : ""; }

ReportSection curves_section(const SetEvaluations& set, const std::string& of) {
  ReportSection section{.heading = "Curves" + of};
  for (ReportChart chart : {fold_chart(set.records), det_chart(set.records), roc_chart(set.records)}) {
    if (!chart.series.empty()) section.charts.push_back(std::move(chart));
  }
  for (const EvaluationRecord* record : set.records) section.charts.push_back(score_chart(*record));
  return section;
}

ReportSection thresholds_section(const SetEvaluations& set, const std::string& of) {
  ReportSection section{
      .heading = "Thresholds" + of,
      .paragraphs = {"For each rate of false matches, the largest threshold that holds it on this set, and how often "
                     "one person is then taken for two, with its interval of 95 % (Wilson)."}};
  for (const EvaluationRecord* record : set.records) {
    if (record->subtract_mean || record->thresholds.rows.empty()) continue;
    ReportTable table{.caption = fmt::format("{}: {} matched, {} mismatched comparisons, flip {}", record->model.name,
                                             record->thresholds.matched, record->thresholds.mismatched, record->flip),
                      .header = {"FMR", "Squared L2", "Cosine", "FNMR"}};
    for (const ThresholdRow& row : record->thresholds.rows) {
      const std::string rate = fmt::format("{:.0e}", row.fmr);
      if (row.threshold_squared_l2) {
        table.rows.push_back({rate, fmt::format("{:.4f}", *row.threshold_squared_l2),
                              fmt::format("{:.4f}", row.threshold_cosine()), percent_text(row.false_non_matches)});
      } else {
        table.rows.push_back({rate, "-", "-", "too few comparisons"});
      }
    }
    section.tables.push_back(std::move(table));
  }
  return section;
}

ReportSection people_section(const SetEvaluations& set, const std::string& of) {
  ReportSection section{.heading = "People who fail most" + of,
                        .paragraphs = {"The people who took part in most errors. Somebody among many of them may be "
                                       "labelled wrongly (massface clean finds out). A false accept counts for both "
                                       "of its people; the rate has its interval of 95 % (Wilson)."}};
  for (const EvaluationRecord* record : set.records) {
    if (record->errors.people.empty()) continue;
    ReportTable table{.caption = record->model.name,
                      .header = {"Person", "False accepts", "False rejects", "Comparisons", "Wrong"}};
    for (const PersonErrors& person : record->errors.people) {
      table.rows.push_back({person.person, std::to_string(person.false_accepts), std::to_string(person.false_rejects),
                            std::to_string(person.comparisons),
                            percent_text(wilson_interval(person.errors(), person.comparisons))});
    }
    section.tables.push_back(std::move(table));
  }
  return section;
}

ReportCase case_of(const ShownPair& pair, ReportMark mark) {
  ReportCase shown{.heading = fmt::format("Cosine {}", cosine_text(pair.distance_squared)),
                   .text = fmt::format("Threshold {}.", cosine_text(pair.threshold_squared_l2)),
                   .strips = {}};
  ReportStrip strip{.label = {}, .pictures = {}};
  for (const auto& [name, picture] :
       {std::pair(&pair.first, &pair.first_picture), std::pair(&pair.second, &pair.second_picture)}) {
    if (picture->bytes.empty()) {
      shown.text += fmt::format(" {} could not be read again.", *name);
      continue;
    }
    strip.pictures.push_back(*picture);
    strip.pictures.back().alt = "Face: " + *name;
    strip.pictures.back().caption = *name;
    strip.pictures.back().mark = mark;
  }
  shown.strips.push_back(std::move(strip));
  return shown;
}

ReportSection errors_section(const EvaluationRecord& record, bool accepts, const std::string& of) {
  const std::vector<ShownPair>& pairs = accepts ? record.accepts : record.rejects;
  const int64_t all = accepts ? record.errors.false_accepts : record.errors.false_rejects;
  ReportSection section{.heading = fmt::format("{}{}", accepts ? "False accepts" : "False rejects", of),
                        .small_cases = true};
  section.paragraphs.push_back(fmt::format(
      "{}: {}", accepts ? "Two people, taken for one" : "One person, taken for two",
      all == 0
          ? "none."
          : fmt::format("{} of {}, the {} first.", pairs.size(), all, accepts ? "most similar" : "least similar")));
  for (const ShownPair& pair : pairs) {
    section.cases.push_back(case_of(pair, accepts ? ReportMark::kInQuestion : ReportMark::kMatch));
  }
  return section;
}

// Whether the set has decisions that can be wrong.
bool has_decisions(const EvaluationRecord& record) { return record.scores.matched > 0 && record.scores.mismatched > 0; }

}  // namespace

std::vector<ReportSection> evaluation_sections(const std::vector<EvaluationRecord>& records) {
  std::vector<ReportSection> sections;
  if (records.empty()) return sections;
  const std::vector<SetEvaluations> sets = by_set(records);
  sections.push_back(summary_section(records, sets));
  for (const SetEvaluations& set : sets) {
    const std::string of = of_set(set, sets.size());
    sections.push_back(curves_section(set, of));
    for (ReportSection section : {thresholds_section(set, of), people_section(set, of)}) {
      if (!section.tables.empty()) sections.push_back(std::move(section));
    }
    for (const EvaluationRecord* record : set.records) {
      if (!has_decisions(*record)) continue;
      const std::string by = set.records.size() > 1 ? " of " + record->model.name : "";
      sections.push_back(errors_section(*record, /*accepts=*/true, by + of));
      sections.push_back(errors_section(*record, /*accepts=*/false, by + of));
    }
  }
  return sections;
}

void tell_apart(std::vector<EvaluationRecord>& records) {
  std::vector<EvaluatedModel> models;
  for (const EvaluationRecord& record : records) models.push_back(record.model);
  for (EvaluationRecord& record : records) {
    const bool is_shared = std::ranges::any_of(models, [&](const EvaluatedModel& other) {
      return other.name == record.model.name && other.weights != record.model.weights;
    });
    if (is_shared) record.model.name = record.model.weights;
  }
}

}  // namespace massface
