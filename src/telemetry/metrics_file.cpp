#include "telemetry/metrics_file.h"

#include "core/files.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>

namespace massface {
namespace {

using Json = nlohmann::ordered_json;

// A name with bytes that are not UTF-8 must not make the record fail.
std::string dump(const Json& object) { return object.dump(-1, ' ', false, Json::error_handler_t::replace); }

bool belongs_before(std::string_view line, int64_t last_global_step, bool is_last) {
  const Json object = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  // Only the last line can be incomplete; any other line that does not parse was edited by a user and is kept.
  if (!object.is_object()) return !is_last;
  const auto step = object.find("global_step");
  return step == object.end() || !step->is_number_integer() || step->get<int64_t>() <= last_global_step;
}

const std::filesystem::path& without_later_steps(const std::filesystem::path& path, int64_t last_global_step) {
  if (!path_exists(path)) return path;
  const std::string text = read_text_file(path);
  std::string kept;
  for (size_t start = 0; start < text.size();) {
    const size_t end = std::min(text.find('\n', start), text.size());
    const auto line = std::string_view(text).substr(start, end - start);
    start = end + 1;
    if (belongs_before(line, last_global_step, start >= text.size())) kept.append(line) += '\n';
  }
  if (kept != text) write_file_atomically(path, kept);
  return path;
}

}  // namespace

std::string metrics_line(const StepReport& report) {
  Json line{{"kind", "step"},
            {"phase", report.phase},
            {"step", report.step},
            {"steps", report.steps},
            {"global_step", report.global_step},
            {"epoch", report.epoch},
            {"images", report.images},
            {"loss", report.loss},
            {"learning_rate", report.learning_rate},
            {"gradient_norm", report.gradient_norm},
            {"step_seconds", report.step_seconds},
            {"data_seconds", report.data_seconds},
            {"images_per_second", static_cast<double>(report.images) / report.step_seconds}};
  for (const auto& [name, value] : report.loss_parts) line[name + "_loss"] = value;
  if (report.accuracy) line["accuracy"] = *report.accuracy;
  if (report.triplet) {
    const TripletReport& triplet = *report.triplet;
    line["triplets_selected"] = triplet.selected;
    line["triplets_active"] = triplet.active;
    line["active_fraction"] = triplet.active_fraction();
    line["violating_fraction"] = triplet.violating_fraction;
    line["mining_milliseconds"] = triplet.mining_milliseconds;
    line["positive_mean_squared_l2"] = triplet.mean_d_positive;
    line["negative_mean_squared_l2"] = triplet.mean_d_negative;
    line["pool_mean_squared_l2"] = triplet.mean_d_pool;
    if (triplet.memory) {
      line["memory_images"] = triplet.memory->size;
      line["memory_drift_squared_l2"] = triplet.memory->drift;
    }
    line["positive_histogram"] = triplet.to_positive.counts;
    line["negative_histogram"] = triplet.to_negative.counts;
  }
  if (report.pairs) {
    line["positive_mean_squared_l2"] = report.pairs->mean_d_positive;
    line["negative_mean_squared_l2"] = report.pairs->mean_d_negative;
  }
  if (report.pool) {
    line["pool"] = {{"number", report.pool->number},
                    {"steps", report.pool->steps},
                    {"images", report.pool->images},
                    {"triplets_selected", report.pool->selected},
                    {"triplets_dropped", report.pool->dropped},
                    {"embedding_milliseconds", report.pool->embedding_milliseconds},
                    {"mining_milliseconds", report.pool->mining_milliseconds}};
  }
  if (!report.failure.empty()) line["failure"] = report.failure;
  return dump(line);
}

MetricsFile::MetricsFile(const std::filesystem::path& path, int64_t last_global_step)
    : file_(without_later_steps(path, last_global_step)) {}

void MetricsFile::append(const StepReport& report) { file_.append(metrics_line(report)); }

void MetricsFile::append_scalar(const std::string& kind, const std::string& name, int64_t global_step, double value) {
  file_.append(dump(Json{{"kind", kind}, {"global_step", global_step}, {name, value}}));
}

}  // namespace massface
