#include "report/chart_axis.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace massface {
namespace {

constexpr int kMostTicks = 8;

// Returns the smallest of 1, 2 and 5 times a power of ten that divides the range into at most five steps.
double round_step(double range) {
  const double least = range / 5;
  const double power = std::pow(10, std::floor(std::log10(least)));
  for (const double factor : {1, 2, 5}) {
    if (factor * power >= least * (1 - 1e-9)) return factor * power;
  }
  return 10 * power;
}

}  // namespace

std::string axis_text(double value, AxisUnit unit) {
  if (std::abs(value) < 1e-12) value = 0;  // a multiple of a step that should be 0
  return unit == AxisUnit::kPercent ? fmt::format("{:.6g} %", 100 * value) : fmt::format("{:.6g}", value);
}

ChartAxis::ChartAxis(const ReportAxis& axis, const std::vector<double>& values) : scale_(axis.scale), unit_(axis.unit) {
  std::vector<double> shown;
  std::ranges::copy_if(values, std::back_inserter(shown), [&](double value) {
    return std::isfinite(value) && (scale_ == AxisScale::kLinear || value > 0);
  });
  if (scale_ == AxisScale::kLinear) {
    fit_linear(axis, shown);
  } else {
    fit_logarithmic(axis, shown);
  }
}

void ChartAxis::fit_linear(const ReportAxis& axis, const std::vector<double>& values) {
  if (!values.empty()) {
    low_ = std::ranges::min(values);
    high_ = std::ranges::max(values);
  }
  low_ = axis.low.value_or(low_);
  high_ = axis.high.value_or(high_);
  if (high_ - low_ <= 1e-9 * std::max(std::abs(low_), std::abs(high_)) || high_ <= low_) {
    const double half = low_ == 0 ? 0.5 : std::abs(low_) / 2;  // one value: give it room
    low_ -= half;
    high_ = low_ + 2 * half;
  }
  const double step = round_step(high_ - low_);
  if (!axis.low) low_ = std::floor(low_ / step + 1e-9) * step;
  if (!axis.high) high_ = std::ceil(high_ / step - 1e-9) * step;
  for (double n = std::ceil(low_ / step - 1e-9); n * step <= high_ + 1e-9 * step && std::ssize(ticks_) < kMostTicks;
       ++n) {
    ticks_.push_back(n * step);
  }
}

void ChartAxis::fit_logarithmic(const ReportAxis& axis, const std::vector<double>& values) {
  low_ = 1e-3;
  if (!values.empty()) {
    low_ = std::ranges::min(values);
    high_ = std::ranges::max(values);
  }
  low_ = axis.low.value_or(low_);
  high_ = axis.high.value_or(high_);
  double first = std::floor(std::log10(low_) + 1e-9), last = std::ceil(std::log10(high_) - 1e-9);
  if (last <= first) last = first + 1;
  low_ = std::pow(10, first);
  high_ = std::pow(10, last);
  const double step = std::ceil((last - first + 1) / kMostTicks);
  for (double power = first; power <= last; power += step) ticks_.push_back(std::pow(10, power));
}

double ChartAxis::place_of(double value) const {
  value = std::clamp(value, low_, high_);
  if (scale_ == AxisScale::kLinear) return (value - low_) / (high_ - low_);
  return std::log10(value / low_) / std::log10(high_ / low_);
}

std::string ChartAxis::text_of(double value) const { return axis_text(value, unit_); }

}  // namespace massface
