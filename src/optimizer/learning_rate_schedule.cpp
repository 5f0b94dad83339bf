#include "optimizer/learning_rate_schedule.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numbers>
#include <string_view>

#include "core/error.h"
#include "core/files.h"
#include "core/text_lines.h"

namespace massface {
namespace {

template <typename T>
bool parse(std::string_view text, T& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

SchedulePoint parse_line(std::string_view line, const std::string& where) {
  const auto colon = line.find(':');
  SchedulePoint point{};
  const bool right = colon != std::string_view::npos && parse(trim(line.substr(0, colon)), point.epoch) &&
                     parse(trim(line.substr(colon + 1)), point.rate);
  require(right, "{}: expected `epoch: rate`, for example `4: 0.01`, found '{}'", where, printable(line));
  require(std::isfinite(point.rate) && point.rate >= 0, "{}: the rate must be a number of at least 0, found {}", where,
          point.rate);
  return point;
}

// line: one `epoch: rate`. where: its place, for messages.
void append_point(std::vector<SchedulePoint>& points, std::string_view line, const std::string& where) {
  const SchedulePoint point = parse_line(line, where);
  if (points.empty()) {
    require(point.epoch == 0, "{}: the first line must have epoch 0, found {}", where, point.epoch);
  } else {
    require(point.epoch > points.back().epoch, "{}: epochs must ascend, found {} after {}", where, point.epoch,
            points.back().epoch);
  }
  points.push_back(point);
}

double without_warmup(const ScheduleOptions& options, double base, int64_t step, int64_t total_steps, int64_t epoch) {
  if (options.name == "constant") return base;
  if (options.name == "step") {
    return base * std::pow(options.step_factor, static_cast<double>(epoch / options.step_epochs));
  }
  if (options.name == "cosine" || options.name == "polynomial") {
    const auto whole = static_cast<double>(std::max<int64_t>(total_steps - options.warmup_steps, 1));
    const double part = std::clamp(static_cast<double>(step - options.warmup_steps) / whole, 0.0, 1.0);
    const double height =
        options.name == "cosine" ? (1 + std::cos(std::numbers::pi * part)) / 2 : std::pow(1 - part, options.power);
    return base * (options.final_fraction + (1 - options.final_fraction) * height);
  }
  check(options.name == "file", "the schedule is a described choice");
  check(!options.points.empty(), "load_points() has been called");
  const auto next = std::ranges::upper_bound(options.points, epoch, {}, &SchedulePoint::epoch);
  return std::prev(next)->rate;
}

}  // namespace

void ScheduleOptions::describe(OptionTable& table) {
  table.add_choice("name", name, {"constant", "step", "cosine", "polynomial", "file"},
                   "How the learning rate changes over time. Default of a phase that fine-tunes: cosine.");
  table.add("warmup_steps", warmup_steps, {.min = 0, .max = 1e9},
            "Number of steps over which the rate rises linearly from near 0.");
  table.add("step_epochs", step_epochs, {.min = 1, .max = 1e6},
            "step: number of epochs after which the rate is multiplied by step_factor, again and again.");
  table.add("step_factor", step_factor, {.min = 0, .max = 1}, "step: the factor that multiplies the rate.");
  table.add("final_fraction", final_fraction, {.min = 0, .max = 1},
            "cosine, polynomial: fraction of the rate that is left at the end.");
  table.add("power", power, {.min = 0.1, .max = 10},
            "polynomial: the exponent of the part of the phase that is left; 1 falls in a straight line.");
  table.add("file", file, "file: path of a file with `epoch: rate` lines.");
  table.add(
      "rates", rates,
      "file: the lines themselves, joined by commas, in place of a file: `0: 0.1, 4: 0.01`. A run keeps them here, "
      "so that it can be continued without the file.");
}

void ScheduleOptions::load_points() {
  points.clear();
  if (name != "file") return;
  require(!file.empty() || !rates.empty(),
          "the schedule \"file\" needs the path of a file with `epoch: rate` lines in its option file, or the lines "
          "themselves in its option rates");
  require(file.empty() || rates.empty(), "file and rates both give the points of the schedule; leave one of them out");
  points = rates.empty() ? read_schedule_file(file) : parse_rates(rates);
  rates = to_rates(points);
  file.clear();
}

std::vector<SchedulePoint> read_schedule_file(const std::filesystem::path& path) {
  require_text_file(path, "a schedule", "Expected lines of `epoch: rate`");
  const std::string text = read_text_file(path);
  const std::string name = printable(path.native());
  std::vector<SchedulePoint> points;
  for (const auto& [number, whole] : text_lines(text)) {
    const auto line = trim(whole.substr(0, whole.find('#')));
    if (!line.empty()) append_point(points, line, fmt::format("{}:{}", name, number));
  }
  require(!points.empty(), "{}: contains no `epoch: rate` line", name);
  return points;
}

std::string to_rates(const std::vector<SchedulePoint>& points) {
  std::string text;
  for (const auto& [epoch, rate] : points) text += fmt::format("{}{}: {}", text.empty() ? "" : ", ", epoch, rate);
  return text;
}

std::vector<SchedulePoint> parse_rates(const std::string& rates) {
  std::vector<SchedulePoint> points;
  std::string_view rest = rates;
  for (int64_t number = 1;; ++number) {
    const size_t comma = rest.find(',');
    append_point(points, trim(rest.substr(0, comma)), fmt::format("rates, entry {}", number));
    if (comma == std::string_view::npos) return points;
    rest.remove_prefix(comma + 1);
  }
}

double learning_rate_at(const ScheduleOptions& options, double base, int64_t step, int64_t total_steps,
                        int64_t steps_per_epoch) {
  const int64_t epoch = step / std::max<int64_t>(steps_per_epoch, 1);
  const double rate = without_warmup(options, base, step, total_steps, epoch);
  if (step >= options.warmup_steps) return rate;
  return rate * static_cast<double>(step + 1) / static_cast<double>(options.warmup_steps);
}

}  // namespace massface
