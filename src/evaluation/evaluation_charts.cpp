#include "evaluation/evaluation_charts.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace massface {
namespace {

using Records = std::vector<const EvaluationRecord*>;

constexpr double kFewFalseMatches = kLeastExpectedFalseMatches;

bool has_errors(const EvaluationRecord* record) { return !record->scores.errors.empty(); }

double fmr_of(const ScoreSummary& scores, const ErrorPoint& point) {
  return static_cast<double>(point.false_matches) / static_cast<double>(scores.mismatched);
}

// A rate that was asked for, as tables name it: "1e-03".
std::string rate_name(double rate) { return fmt::format("{:.0e}", rate); }

// The false non-match rates at the thresholds of the table: a row per rate, a column per network.
// of_true_accepts: writes 1 - FNMR instead.
ReportTable rate_table(const Records& records, const std::string& caption, bool of_true_accepts) {
  ReportTable table{.caption = caption, .header = {"FMR"}};
  Records shown;
  std::ranges::copy_if(records, std::back_inserter(shown), [](const auto* r) { return !r->thresholds.rows.empty(); });
  if (shown.empty()) return table;
  for (const EvaluationRecord* record : shown) table.header.push_back(record->model.name);
  for (size_t row = 0; row < shown.front()->thresholds.rows.size(); ++row) {
    std::vector<std::string> cells = {rate_name(shown.front()->thresholds.rows[row].fmr)};
    for (const EvaluationRecord* record : shown) {
      // A recorded table may have been written by hand.
      if (row >= record->thresholds.rows.size() || !record->thresholds.rows[row].threshold_squared_l2) {
        cells.push_back("too few pairs");
        continue;
      }
      const MeasuredRate rate = record->thresholds.rows[row].false_non_matches;
      cells.push_back(percent_text(of_true_accepts ? MeasuredRate{1 - rate.rate, 1 - rate.high, 1 - rate.low} : rate));
    }
    table.rows.push_back(std::move(cells));
  }
  return table;
}

std::vector<ReportMarker> few_marker(const Records& records) {
  for (const EvaluationRecord* record : records) {
    if (!has_errors(record)) continue;
    const double rate = kFewFalseMatches / static_cast<double>(record->scores.mismatched);
    if (rate < 1) return {{.x = rate, .label = "10 false matches"}};
  }
  return {};
}

constexpr const char* kCurveNote =
    "The band is the interval of 95 % of the vertical rate (Wilson). Left of the marked rate, the curve stands on "
    "fewer "
    "than ten false matches.";

}  // namespace

std::string percent_text(double rate) { return std::isfinite(rate) ? fmt::format("{:.2f} %", 100 * rate) : "-"; }

std::string percent_text(const MeasuredRate& rate) {
  return fmt::format("{:.2f} % ({:.2f} to {:.2f})", 100 * rate.rate, 100 * rate.low, 100 * rate.high);
}

ReportChart fold_chart(const Records& records) {
  ReportChart chart{.heading = "Accuracy of each fold",
                    .description =
                        "Each fold is decided by the threshold that is best on the other folds. Whiskers "
                        "are intervals of 95 % (Wilson).",
                    .x = {.label = "Fold"},
                    .y = {.label = "Accuracy", .unit = AxisUnit::kPercent}};
  chart.numbers = {.caption = "Accuracy of each fold, and its threshold (squared L2)", .header = {"Fold"}};
  size_t most = 0;
  int64_t last_fold = 0;
  for (size_t i = 0; i < records.size(); ++i) {
    const EvaluationRecord& record = *records[i];
    most = std::max(most, record.verification.folds.size());
    ReportSeries series{
        .name = record.model.name, .points = {}, .form = SeriesForm::kPoints, .colour = i, .pattern = i};
    for (size_t f = 0; f < record.verification.folds.size(); ++f) {
      const FoldResult& fold = record.verification.folds[f];
      last_fold = std::max(last_fold, fold.fold + 1);
      const auto pairs = static_cast<double>(record.pairs_of_fold[f]);
      const MeasuredRate rate = wilson_interval(std::llround(fold.accuracy * pairs), record.pairs_of_fold[f]);
      // Points of several networks stand beside each other.
      const double shift = (static_cast<double>(i) + 0.5) / static_cast<double>(records.size()) - 0.5;
      series.points.push_back({static_cast<double>(fold.fold + 1) + 0.6 * shift, fold.accuracy, rate.low, rate.high});
    }
    if (!series.points.empty()) chart.series.push_back(std::move(series));
  }
  chart.x.low = 0.5;
  chart.x.high = static_cast<double>(last_fold) + 0.5;
  for (const EvaluationRecord* record : records) chart.numbers.header.push_back(record->model.name);
  for (size_t f = 0; f < most; ++f) {
    std::vector<std::string> cells = {""};
    for (const EvaluationRecord* record : records) {
      const auto& folds = record->verification.folds;
      cells.push_back(f < folds.size()
                          ? fmt::format("{} at {:.4f}", percent_text(folds[f].accuracy), folds[f].threshold_squared_l2)
                          : "-");
      if (f < folds.size()) cells.front() = std::to_string(folds[f].fold + 1);
    }
    chart.numbers.rows.push_back(std::move(cells));
  }
  return chart;
}

ReportChart det_chart(const Records& records) {
  ReportChart chart{
      .heading = "DET: the two errors against each other",
      .description = std::string("One person taken for two (FNMR) over two people taken for one (FMR), "
                                 "for every threshold; lower is better. ") +
                     kCurveNote,
      .x = {.label = "False match rate (FMR)", .scale = AxisScale::kLogarithmic, .unit = AxisUnit::kPercent, .high = 1},
      .y = {.label = "False non-match rate (FNMR)",
            .scale = AxisScale::kLogarithmic,
            .unit = AxisUnit::kPercent,
            .high = 1},
      .markers = few_marker(records),
      .numbers = rate_table(records, "FNMR at each FMR, with its interval of 95 %", false)};
  for (size_t i = 0; i < records.size(); ++i) {
    const ScoreSummary& scores = records[i]->scores;
    ReportSeries series{.name = records[i]->model.name, .points = {}, .colour = i, .pattern = i};
    for (const ErrorPoint& point : scores.errors) {
      const MeasuredRate rate = wilson_interval(point.false_non_matches, scores.matched);
      series.points.push_back({fmr_of(scores, point), rate.rate, rate.low, rate.high});
    }
    if (!series.points.empty()) chart.series.push_back(std::move(series));
  }
  return chart;
}

ReportChart roc_chart(const Records& records) {
  ReportChart chart{.heading = "ROC: true against false accepts",
                    .description = std::string("Matched pairs that are accepted over mismatched pairs that are, for "
                                               "every threshold; higher is better. ") +
                                   kCurveNote,
                    .x = {.label = "False accept rate (FAR)",
                          .scale = AxisScale::kLogarithmic,
                          .unit = AxisUnit::kPercent,
                          .high = 1},
                    .y = {.label = "True accept rate (TAR)", .unit = AxisUnit::kPercent, .high = 1},
                    .markers = few_marker(records),
                    .numbers = rate_table(records, "TAR at each FAR, with its interval of 95 %", true)};
  for (size_t i = 0; i < records.size(); ++i) {
    const ScoreSummary& scores = records[i]->scores;
    ReportSeries series{.name = records[i]->model.name, .points = {}, .colour = i, .pattern = i};
    for (const ErrorPoint& point : scores.errors) {
      const MeasuredRate rate = wilson_interval(scores.matched - point.false_non_matches, scores.matched);
      series.points.push_back({fmr_of(scores, point), rate.rate, rate.low, rate.high});
    }
    if (!series.points.empty()) chart.series.push_back(std::move(series));
  }
  return chart;
}

ReportChart score_chart(const EvaluationRecord& record) {
  const ScoreSummary& scores = record.scores;
  ReportChart chart{.heading = fmt::format("Scores of {}", record.model.name),
                    .description = fmt::format("The share of {} matched and {} mismatched comparisons at each "
                                               "similarity. What lies on the wrong side of a threshold is an error.",
                                               scores.matched, scores.mismatched),
                    .x = {.label = "Cosine"},
                    .y = {.label = "Share of the comparisons", .unit = AxisUnit::kPercent}};
  chart.numbers = {.caption = "Comparisons by cosine", .header = {"Cosine", "Matched", "Mismatched"}};
  ReportSeries matched{.name = "One person", .points = {}, .form = SeriesForm::kArea, .colour = 2, .pattern = 0};
  ReportSeries mismatched{.name = "Two people", .points = {}, .form = SeriesForm::kArea, .colour = 1, .pattern = 1};
  int64_t first = ScoreSummary::kBins, last = -1;  // bins with comparisons
  for (int64_t bin = 0; bin < ScoreSummary::kBins; ++bin) {
    const auto i = static_cast<size_t>(bin);
    if (scores.matched_counts[i] + scores.mismatched_counts[i] == 0) continue;
    first = std::min(first, bin);
    last = bin;
  }
  // From the largest distance, which is the lowest cosine, to the smallest.
  for (int64_t bin = std::min(last + 1, ScoreSummary::kBins - 1); last >= 0 && bin >= std::max<int64_t>(first - 1, 0);
       --bin) {
    const auto i = static_cast<size_t>(bin);
    const double low = 1 - static_cast<double>(bin + 1) * ScoreSummary::kBinWidth / 2;
    const double cosine = low + ScoreSummary::kBinWidth / 4;
    const int64_t same = scores.matched_counts[i], different = scores.mismatched_counts[i];
    if (scores.matched > 0) {
      matched.points.push_back({cosine, static_cast<double>(same) / static_cast<double>(scores.matched)});
    }
    if (scores.mismatched > 0) {
      mismatched.points.push_back({cosine, static_cast<double>(different) / static_cast<double>(scores.mismatched)});
    }
    if (same + different == 0) continue;
    chart.numbers.rows.push_back({fmt::format("{:.2f} to {:.2f}", low, low + ScoreSummary::kBinWidth / 2),
                                  std::to_string(same), std::to_string(different)});
  }
  if (!mismatched.points.empty()) chart.series.push_back(std::move(mismatched));
  if (!matched.points.empty()) chart.series.push_back(std::move(matched));
  if (std::isfinite(record.verification.threshold_squared_l2)) {
    chart.markers.push_back({.x = 1 - record.verification.threshold_squared_l2 / 2, .label = "threshold"});
  }
  return chart;
}

}  // namespace massface
