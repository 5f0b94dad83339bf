#include "train/find_rate.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/error.h"
#include "core/log.h"
#include "core/stopwatch.h"
#include "image/chart.h"
#include "train/make_training_setup.h"
#include "train/phase_run.h"

namespace massface {
namespace {

constexpr double kSmoothing = 0.9;
// A loss that has risen so far above its lowest value will not come back.
constexpr double kRisen = 1.5;
constexpr size_t kFewestPoints = 10;
constexpr double kShown = 2;  // times the first loss

int64_t index_of(const Recipe& recipe, const std::string& phase) {
  if (phase.empty()) return 0;
  const std::vector<std::string> names = recipe.phase_names();
  const auto found = std::ranges::find(names, phase);
  require(found != names.end(), "--find-rate: the recipe has no phase \"{}\"; it has {}", phase,
          fmt::join(names, ", "));
  return found - names.begin();
}

// Adds up losses to their moving average.
class Smoother {
 public:
  double add(double loss) {
    average_ = kSmoothing * average_ + (1 - kSmoothing) * loss;
    weight_ = kSmoothing * weight_ + (1 - kSmoothing);
    return average_ / weight_;
  }

 private:
  double average_ = 0, weight_ = 0;
};

}  // namespace

std::optional<double> steepest_rate(const std::vector<RateTest::Point>& points) {
  if (points.size() < kFewestPoints) return std::nullopt;
  const auto lowest = std::ranges::min_element(points, {}, &RateTest::Point::smoothed);
  constexpr double kFallen = 0.99;
  if (!(lowest->smoothed < kFallen * points.front().smoothed)) return std::nullopt;
  // Over a few points on either side, since even a smoothed loss jumps.
  constexpr ptrdiff_t kReach = 3;
  double steepest = 0;
  std::optional<double> rate;
  for (ptrdiff_t i = 0; i < lowest - points.begin(); ++i) {
    const RateTest::Point &before = points[static_cast<size_t>(std::max<ptrdiff_t>(i - kReach, 0))],
                          &after = points[static_cast<size_t>(std::min<ptrdiff_t>(i + kReach, std::ssize(points) - 1))];
    const double slope = (after.smoothed - before.smoothed) / std::log(after.rate / before.rate);
    if (slope >= steepest) continue;
    steepest = slope;
    rate = points[static_cast<size_t>(i)].rate;
  }
  return rate;
}

RateTest find_rate(const Recipe& recipe, const std::string& phase, const RateTestOptions& options) {
  const int64_t index = index_of(recipe, phase);
  TrainingSetup setup = make_training_setup(recipe, /*initial_weights=*/true);
  RateTest test{.phase = recipe.phases[static_cast<size_t>(index)].name, .end = "the last rate"};
  if (index > 0 && recipe.from.empty()) {
    log_warning(
        "phase {} is tested on a network that has not been trained; give it the weights of the phase before with "
        "--from",
        test.phase);
  }
  PhaseRun run(setup, index, 0);
  const Stopwatch watch;
  Smoother smoother;
  double lowest = std::numeric_limits<double>::infinity();
  const int64_t steps = std::min(options.steps, run.steps());
  const double factor = std::pow(options.to / options.from, 1.0 / static_cast<double>(std::max<int64_t>(steps - 1, 1)));
  double rate = options.from;
  for (int64_t step = 0; step < steps; ++step, rate *= factor) {
    const StepReport report = run.step(rate);
    if (!report.failure.empty()) {
      test.end = report.failure;
      break;
    }
    const double smoothed = smoother.add(report.loss);
    test.points.push_back({.rate = rate, .loss = report.loss, .smoothed = smoothed});
    lowest = std::min(lowest, smoothed);
    if (test.points.size() > kFewestPoints && smoothed > kRisen * lowest) {
      test.end = "the loss rose";
      break;
    }
    if (watch.seconds() > options.seconds) {
      test.end = "the time was over";
      break;
    }
  }
  test.suggested = steepest_rate(test.points);
  return test;
}

Image draw_rate_test(const RateTest& test) {
  ChartCurve losses{.name = "loss", .points = {}, .thickness = 1},
      smoothed{.name = "smoothed", .points = {}, .thickness = 3};
  // A loss that explodes would press all others together.
  const double most = test.points.empty() ? 0 : kShown * test.points.front().smoothed;
  for (const RateTest::Point& point : test.points) {
    losses.points.emplace_back(point.rate, point.loss <= most ? point.loss : std::nan(""));
    smoothed.points.emplace_back(point.rate, point.smoothed);
  }
  return draw_chart({losses, smoothed}, {.title = "learning-rate range test of phase " + test.phase,
                                         .x_label = "learning rate",
                                         .y_label = "loss",
                                         .logarithmic_x = true,
                                         .marked_x = test.suggested,
                                         .mark = test.suggested ? fmt::format("{:.2g}", *test.suggested) : ""});
}

}  // namespace massface
