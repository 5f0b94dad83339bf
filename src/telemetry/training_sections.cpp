#include "telemetry/training_sections.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>

namespace massface {
namespace {

constexpr size_t kMostPoints = 200;  // of a curve
constexpr size_t kTableRows = 10;

struct MetricsKey {
  std::string kind, key;
  std::string name;  // in the legend
};

struct CurveChart {
  std::string heading, description, label;
  AxisUnit unit = AxisUnit::kNumber;
  AxisScale scale = AxisScale::kLinear;
  std::vector<MetricsKey> keys;
};

// All values of a kind whose names end as given, in all runs: those of the sets that a recipe names.
std::vector<MetricsKey> keys_ending(const std::vector<MeasuredRun>& runs, const std::string& kind,
                                    const std::string& end) {
  std::set<std::string> keys;
  for (const MeasuredRun& run : runs) {
    for (const auto& [name, points] : run.metrics.values) {
      if (name.first == kind && name.second.ends_with(end)) keys.insert(name.second);
    }
  }
  std::vector<MetricsKey> found;
  for (const std::string& key : keys) found.push_back({kind, key, key.substr(0, key.size() - end.size())});
  return found;
}

std::vector<CurveChart> charts_of(const std::vector<MeasuredRun>& runs) {
  const std::string mean =
      "A point is the mean of consecutive records; the band reaches from the smallest to the "
      "largest of them.";
  std::vector<MetricsKey> accuracies{{"validation", "validation_accuracy", "held-out people"}};
  for (MetricsKey& key : keys_ending(runs, "verification", "_accuracy")) accuracies.push_back(std::move(key));
  return {
      {"Loss", "What the phase minimises. " + mean, "Loss", {}, {}, {{"step", "loss", "loss"}}},
      {"Parts of the loss",
       "Before they are weighted. " + mean,
       "Loss",
       {},
       {},
       {{"step", "classification_loss", "classification"},
        {"step", "triplet_loss", "triplet"},
        {"step", "distillation_loss", "distillation"}}},
      {"Verification accuracy",
       "On people held out from training, and on the test sets that the recipe names.",
       "Accuracy",
       AxisUnit::kPercent,
       {},
       std::move(accuracies)},
      {"VAL at a FAR of 1e-3",
       "The true accept rate of the test sets that the recipe names.",
       "VAL",
       AxisUnit::kPercent,
       {},
       keys_ending(runs, "verification", "_val_at_far_1e_3")},
      {"Accuracy on the batches",
       "The part of a batch's images that the classifier names correctly. " + mean,
       "Accuracy",
       AxisUnit::kPercent,
       {},
       {{"step", "accuracy", "classifier"}}},
      {"Active and violating triplets",
       "Of the selected triplets, those with a loss; of all of a batch, those that violate the margin. " + mean,
       "Share",
       AxisUnit::kPercent,
       {},
       {{"step", "active_fraction", "active"}, {"step", "violating_fraction", "violating"}}},
      {"Distances",
       "Mean squared L2 distances between unit embeddings: of positives, of negatives, and of all pairs of a batch, "
       "which falls towards 0 if the embeddings collapse. " +
           mean,
       "Squared L2",
       {},
       {},
       {{"step", "positive_mean_squared_l2", "positive"},
        {"step", "negative_mean_squared_l2", "negative"},
        {"step", "pool_mean_squared_l2", "all pairs"}}},
      {"Learning rate", "As scheduled.", "Rate", {}, AxisScale::kLogarithmic, {{"step", "learning_rate", "rate"}}},
      {"Gradient norm",
       "Of all parameters together, before clipping. " + mean,
       "Norm",
       {},
       AxisScale::kLogarithmic,
       {{"step", "gradient_norm", "norm"}}},
      {"Speed", "Images per second. " + mean, "Images/s", {}, {}, {{"step", "images_per_second", "speed"}}},
  };
}

// The value at a step of a curve: that of the last point up to there.
std::optional<double> value_at(const std::vector<ReportPoint>& points, double step) {
  std::optional<double> value;
  for (const ReportPoint& point : points) {
    if (point.x <= step) value = point.y;
  }
  return value;
}

ReportTable numbers_of(const ReportChart& chart, AxisUnit unit) {
  ReportTable table{.caption = chart.heading + " after some steps", .header = {"Step"}};
  std::vector<double> steps;
  for (const ReportSeries& series : chart.series) {
    table.header.push_back(series.name);
    for (const ReportPoint& point : series.points) steps.push_back(point.x);
  }
  std::ranges::sort(steps);
  const auto repeated = std::ranges::unique(steps);
  steps.erase(repeated.begin(), repeated.end());
  const size_t rows = std::min(kTableRows, steps.size());
  for (size_t row = 0; row < rows; ++row) {
    const double step = steps[rows == 1 ? 0 : row * (steps.size() - 1) / (rows - 1)];
    std::vector<std::string> cells = {fmt::format("{:.0f}", step)};
    for (const ReportSeries& series : chart.series) {
      const auto value = value_at(series.points, step);
      cells.push_back(!value                       ? "-"
                      : unit == AxisUnit::kPercent ? fmt::format("{:.2f} %", 100 * *value)
                                                   : fmt::format("{:.4g}", *value));
    }
    table.rows.push_back(std::move(cells));
  }
  return table;
}

// Markers at the beginnings of phases, if all runs have the same ones.
std::vector<ReportMarker> phase_markers(const std::vector<MeasuredRun>& runs) {
  const auto starts = [](const MeasuredRun& run) {
    std::vector<std::pair<std::string, int64_t>> starts;
    for (const MetricsPhase& phase : run.metrics.phases) starts.emplace_back(phase.name, phase.first_step);
    return starts;
  };
  std::vector<ReportMarker> markers;
  if (std::ranges::any_of(runs, [&](const MeasuredRun& run) { return starts(run) != starts(runs.front()); })) return {};
  for (const auto& [name, step] : starts(runs.front())) markers.push_back({static_cast<double>(step), name});
  return markers.size() > 1 ? markers : std::vector<ReportMarker>{};
}

// The last step of all runs: the charts have the same axis of steps, so that they can be read below each other.
double last_step_of(const std::vector<MeasuredRun>& runs) {
  int64_t last = 1;
  for (const MeasuredRun& run : runs) {
    for (const auto& [name, points] : run.metrics.values) last = std::max(last, points.back().global_step);
  }
  return static_cast<double>(last);
}

ReportChart draw_curves(const CurveChart& curves, const std::vector<MeasuredRun>& runs) {
  ReportChart chart{.heading = curves.heading,
                    .description = curves.description,
                    .x = {.label = "Step of the run", .low = 0, .high = last_step_of(runs)},
                    .y = {.label = curves.label, .scale = curves.scale, .unit = curves.unit}};
  for (size_t r = 0; r < runs.size(); ++r) {
    for (size_t k = 0; k < curves.keys.size(); ++k) {
      const MetricsKey& key = curves.keys[k];
      const auto points = reduce_points(runs[r].metrics.of(key.kind, key.key), kMostPoints);
      if (points.empty()) continue;
      // One run: a colour for each value. Several: a colour for each run, and a pattern for each value.
      const bool compares = runs.size() > 1;
      std::string name = compares ? runs[r].name : key.name;
      if (compares && curves.keys.size() > 1) name += ": " + key.name;
      chart.series.push_back({.name = std::move(name),
                              .points = points,
                              .colour = compares ? r : k,
                              .pattern = compares && curves.keys.size() == 1 ? r : k});
    }
  }
  chart.markers = phase_markers(runs);
  chart.numbers = numbers_of(chart, curves.unit);
  return chart;
}

std::string best_of(const std::vector<MetricsPoint>& points) {
  if (points.empty()) return "-";
  const auto best = std::ranges::max_element(points, {}, &MetricsPoint::value);
  return fmt::format("{:.2f} % at {}", 100 * best->value, best->global_step);
}

std::string mean_of_values(const std::vector<MetricsPoint>& points) {
  if (points.empty()) return "-";
  double sum = 0;
  for (const MetricsPoint& point : points) sum += point.value;
  return fmt::format("{:.0f}", sum / static_cast<double>(points.size()));
}

ReportTable runs_table(const std::vector<MeasuredRun>& runs) {
  ReportTable table{
      .caption = "Runs",
      .header = {"Run", "Phases", "Last step", "Last loss", "Best on held-out people", "Images/s (mean)"}};
  for (const MeasuredRun& run : runs) {
    std::vector<std::string> phases;
    for (const MetricsPhase& phase : run.metrics.phases) phases.push_back(phase.name);
    const auto& losses = run.metrics.of("step", "loss");
    table.rows.push_back({run.name, fmt::format("{}", fmt::join(phases, ", ")),
                          losses.empty() ? "-" : std::to_string(losses.back().global_step),
                          losses.empty() ? "-" : fmt::format("{:.4g}", losses.back().value),
                          best_of(run.metrics.of("validation", "validation_accuracy")),
                          mean_of_values(run.metrics.of("step", "images_per_second"))});
  }
  return table;
}

}  // namespace

std::vector<ReportPoint> reduce_points(const std::vector<MetricsPoint>& points, size_t most) {
  std::vector<ReportPoint> reduced;
  const size_t groups = std::min(most, points.size());
  for (size_t g = 0; g < groups; ++g) {
    const size_t first = g * points.size() / groups, end = (g + 1) * points.size() / groups;
    ReportPoint point{.x = 0, .y = 0, .low = points[first].value, .high = points[first].value};
    for (size_t i = first; i < end; ++i) {
      point.x += static_cast<double>(points[i].global_step) / static_cast<double>(end - first);
      point.y += points[i].value / static_cast<double>(end - first);
      point.low = std::min(point.low, points[i].value);
      point.high = std::max(point.high, points[i].value);
    }
    reduced.push_back(point);
  }
  return reduced;
}

std::vector<ReportSection> training_sections(const std::vector<MeasuredRun>& runs) {
  ReportSection section{.heading = "Training", .tables = {runs_table(runs)}};
  for (const MeasuredRun& run : runs) {
    const std::vector<int64_t>& damaged = run.metrics.damaged_lines;
    if (damaged.empty()) continue;
    section.paragraphs.push_back(
        fmt::format("{}: {} lines of metrics.jsonl are no records and were left out, such as "
                    "line {}.",
                    run.name, damaged.size(), damaged.front()));
  }
  for (const CurveChart& curves : charts_of(runs)) {
    ReportChart chart = draw_curves(curves, runs);
    if (!chart.series.empty()) section.charts.push_back(std::move(chart));
  }
  return {section};
}

}  // namespace massface
