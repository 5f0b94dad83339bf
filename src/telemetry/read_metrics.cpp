#include "telemetry/read_metrics.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/files.h"
#include "core/json_number.h"
#include "core/text_lines.h"

namespace massface {
namespace {

class MetricsReader {
 public:
  // Returns whether the line is a record.
  bool add(std::string_view line) {
    const auto record = nlohmann::json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (!record.is_object()) return false;
    const auto kind = record.find("kind"), step = record.find("global_step");
    if (kind == record.end() || step == record.end() || !kind->is_string()) return false;
    const auto global_step = whole_number(*step, 0);
    if (!global_step) return false;
    if (*kind == "step" && !add_phase(record, *global_step)) return false;
    for (const auto& [key, value] : record.items()) {
      if (key == "global_step" || !value.is_number()) continue;
      metrics_.values[{kind->get<std::string>(), key}].push_back({*global_step, value.get<double>()});
    }
    return true;
  }

  RunMetrics take() {
    const auto by_step = [](const MetricsPoint& a, const MetricsPoint& b) { return a.global_step < b.global_step; };
    for (auto& [name, points] : metrics_.values) std::ranges::stable_sort(points, by_step);
    return std::move(metrics_);
  }

 private:
  bool add_phase(const nlohmann::json& record, int64_t global_step) {
    const auto name = record.find("phase"), steps = record.find("steps");
    if (name == record.end() || !name->is_string()) return false;
    auto phase = std::ranges::find(metrics_.phases, name->get<std::string>(), &MetricsPhase::name);
    if (phase == metrics_.phases.end()) {
      phase = metrics_.phases.insert(phase, {name->get<std::string>(), global_step, global_step, 0});
    }
    phase->first_step = std::min(phase->first_step, global_step);
    phase->last_step = std::max(phase->last_step, global_step);
    if (steps != record.end()) phase->steps = whole_number(*steps, 0).value_or(phase->steps);
    return true;
  }

  RunMetrics metrics_;
};

}  // namespace

const std::vector<MetricsPoint>& RunMetrics::of(const std::string& kind, const std::string& key) const {
  static const std::vector<MetricsPoint> none;
  const auto found = values.find({kind, key});
  return found == values.end() ? none : found->second;
}

RunMetrics read_metrics(const std::filesystem::path& path) {
  require_text_file(path, "metrics.jsonl", "one JSON object per line");
  const std::string text = read_text_file(path);
  const std::vector<TextLine> lines = text_lines(text);
  MetricsReader reader;
  std::vector<int64_t> damaged;
  for (const TextLine& line : lines) {
    const bool may_be_cut_off = &line == &lines.back() && !text.ends_with('\n');
    if (!reader.add(line.text) && !may_be_cut_off) damaged.push_back(line.number);
  }
  RunMetrics metrics = reader.take();
  metrics.damaged_lines = std::move(damaged);
  require(!metrics.values.empty(),
          "{}: has no measurements ({} lines that are no records). A training writes them every "
          "telemetry.log_every_steps steps",
          printable(path.native()), metrics.damaged_lines.size());
  return metrics;
}

}  // namespace massface
