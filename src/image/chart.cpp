#include "image/chart.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/error.h"

namespace massface {
namespace {

constexpr Color kBlack{30, 30, 30}, kGray{220, 220, 220}, kRed{200, 40, 40};
// The colors of Okabe and Ito, "Color Universal Design", which people who confuse colors tell apart, too.
constexpr std::array<Color, 6> kColors = {
    {{0, 114, 178}, {213, 94, 0}, {0, 158, 115}, {204, 121, 167}, {230, 159, 0}, {86, 180, 233}}};
constexpr double kLeft = 90, kRight = 30, kTop = 50, kBottom = 60;
constexpr int kText = 2, kMostTicks = 8;

struct Interval {
  double from = std::numeric_limits<double>::infinity(), to = -from;

  void include(double value) {
    from = std::min(from, value);
    to = std::max(to, value);
  }
  double part(double value) const { return (value - from) / (to - from); }
};

bool is_drawn(const std::pair<double, double>& point, bool logarithmic_x) {
  return std::isfinite(point.first) && std::isfinite(point.second) && (!logarithmic_x || point.first > 0);
}

// Round numbers within the interval: 1, 2 or 5 times a power of ten apart.
std::vector<double> ticks_of(const Interval& interval) {
  const double least = (interval.to - interval.from) / kMostTicks;
  double step = std::pow(10, std::floor(std::log10(least)));
  for (const double factor : {2.0, 2.5, 2.0}) {
    if (step >= least) break;
    step *= factor;
  }
  std::vector<double> ticks;
  const double first = std::ceil(interval.from / step);
  for (int i = 0; i <= kMostTicks && (first + i) * step <= interval.to + 1e-9 * step; ++i) {
    ticks.push_back((first + i) * step);
  }
  return ticks;
}

class Chart {
 public:
  Chart(const std::vector<ChartCurve>& curves, const ChartOptions& options)
      : curves_(curves), options_(options), canvas_(options.width, options.height) {
    for (const ChartCurve& curve : curves) {
      for (const auto& point : curve.points) {
        if (!is_drawn(point, options.logarithmic_x)) continue;
        x_.include(scaled(point.first));
        y_.include(point.second);
      }
    }
    require(x_.from <= x_.to, "a chart without a finite point");
    for (Interval* interval : {&x_, &y_}) {
      // Numbers that differ only by rounding are one number.
      const double size = std::max(std::abs(interval->from), std::abs(interval->to));
      const double extent = interval->to - interval->from;
      const double room = extent > 1e-6 * size ? 0.03 * extent : std::max(0.1 * size, 1e-3);
      interval->from -= room;
      interval->to += room;
    }
  }

  Image draw() {
    draw_axes();
    if (options_.marked_x) draw_mark(*options_.marked_x);
    double legend = kTop + 8;
    for (size_t i = 0; i < curves_.size(); ++i) {
      const Color& color = kColors[i % kColors.size()];
      draw_curve(curves_[i], color);
      if (curves_[i].name.empty()) continue;
      canvas_.text({kLeft + 12, legend}, kText, curves_[i].name, color);
      legend += 1.2 * Canvas::text_height(kText);
    }
    return canvas_.image();
  }

 private:
  double scaled(double x) const { return options_.logarithmic_x ? std::log10(x) : x; }
  double right() const { return static_cast<double>(options_.width) - kRight; }
  double bottom() const { return static_cast<double>(options_.height) - kBottom; }
  double across(double scaled_x) const { return kLeft + x_.part(scaled_x) * (right() - kLeft); }
  double down(double y) const { return bottom() - y_.part(y) * (bottom() - kTop); }

  void write_centered(double x, double y, const std::string& text) {
    canvas_.text({x - Canvas::text_width(kText, text) / 2, y}, kText, text, kBlack);
  }

  void draw_axes() {
    for (const double tick : ticks_of(x_)) {
      if (options_.logarithmic_x && tick != std::round(tick)) continue;
      canvas_.line({across(tick), kTop}, {across(tick), bottom()}, 1, kGray);
      write_centered(across(tick), bottom() + 6,
                     fmt::format("{:.4g}", options_.logarithmic_x ? std::pow(10, tick) : tick));
    }
    for (const double tick : ticks_of(y_)) {
      const std::string text = fmt::format("{:.4g}", tick);
      canvas_.line({kLeft, down(tick)}, {right(), down(tick)}, 1, kGray);
      canvas_.text({kLeft - 8 - Canvas::text_width(kText, text), down(tick) - Canvas::text_height(kText) / 2}, kText,
                   text, kBlack);
    }
    canvas_.line({kLeft, kTop}, {kLeft, bottom()}, 1.5, kBlack);
    canvas_.line({kLeft, bottom()}, {right(), bottom()}, 1.5, kBlack);
    write_centered((kLeft + right()) / 2, 14, options_.title);
    write_centered((kLeft + right()) / 2, bottom() + 32, options_.x_label);
    canvas_.text({8, kTop - 26}, kText, options_.y_label, kBlack);
  }

  void draw_mark(double x) {
    const double place = across(scaled(x));
    canvas_.line({place, kTop}, {place, bottom()}, 1.5, kRed);
    canvas_.text({place + 6, bottom() - 1.5 * Canvas::text_height(kText)}, kText, options_.mark, kRed);
  }

  void draw_curve(const ChartCurve& curve, const Color& color) {
    CanvasPoint before;
    bool is_joined = false;  // to the point before
    for (const auto& point : curve.points) {
      if (!is_drawn(point, options_.logarithmic_x)) {
        is_joined = false;
        continue;
      }
      const CanvasPoint now{across(scaled(point.first)), down(point.second)};
      canvas_.line(is_joined ? before : now, now, curve.thickness, color);
      before = now;
      is_joined = true;
    }
  }

  const std::vector<ChartCurve>& curves_;
  const ChartOptions& options_;
  Canvas canvas_;
  Interval x_, y_;  // x scaled
};

}  // namespace

Image draw_chart(const std::vector<ChartCurve>& curves, const ChartOptions& options) {
  return Chart(curves, options).draw();
}

}  // namespace massface
