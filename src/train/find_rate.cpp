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
#include "train/offline_sample.h"
#include "train/phase_run.h"

namespace massface {
namespace {

constexpr double kSmoothing = 0.9;
// A loss that has risen so far above its lowest value will not come back.
constexpr double kRisen = 1.5;
constexpr ptrdiff_t kFewestPoints = 30;  // before anything is concluded
constexpr ptrdiff_t kUnsettled = 10;     // points of which the average is hardly one
constexpr double kShown = 2;             // times the first loss

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
  const auto count = std::ssize(points);
  if (count < kFewestPoints) return std::nullopt;
  // The smoothed loss is hardly smoothed at first.
  const auto begin = points.begin() + kUnsettled;
  const auto lowest =
      std::min_element(begin, points.end(), [](const auto& a, const auto& b) { return a.smoothed < b.smoothed; });
  constexpr double kFallen = 0.99;
  const double first = begin->smoothed;
  if (!(lowest->smoothed < kFallen * first)) return std::nullopt;
  // The slope of a straight line through the points within the reach, since even a smoothed loss jumps.
  const ptrdiff_t reach = std::max<ptrdiff_t>(count / 16, 3);
  double steepest = 0;
  std::optional<double> rate;
  for (ptrdiff_t i = kUnsettled + reach; i + reach < count && i <= lowest - points.begin(); ++i) {
    double mean_x = 0, mean_y = 0, covariance = 0, variance = 0;
    const double width = static_cast<double>(2 * reach + 1);
    for (ptrdiff_t k = i - reach; k <= i + reach; ++k) {
      mean_x += std::log(points[static_cast<size_t>(k)].rate) / width;
      mean_y += points[static_cast<size_t>(k)].smoothed / width;
    }
    for (ptrdiff_t k = i - reach; k <= i + reach; ++k) {
      const double x = std::log(points[static_cast<size_t>(k)].rate) - mean_x;
      covariance += x * (points[static_cast<size_t>(k)].smoothed - mean_y);
      variance += x * x;
    }
    const double slope = covariance / variance;
    if (slope >= steepest) continue;
    steepest = slope;
    rate = points[static_cast<size_t>(i)].rate;
  }
  return rate;
}

RateTest find_rate(const Recipe& recipe, const std::string& phase, const RateTestOptions& options) {
  const int64_t index = index_of(recipe, phase);
  Recipe tested = recipe;  // whose phase is as long as the test
  PhaseOptions& shortened = tested.phases[static_cast<size_t>(index)];
  shortened.epochs = 0;
  shortened.steps = options.steps;
  shortened.objective.joint.classifier_only_epochs = 0;  // in which no rate of the network could be tested
  shortened.ema.decay = 0;
  const bool is_untrained = index > 0 && recipe.from.empty();
  // The running statistics of a new network are none.
  if (is_untrained && shortened.objective.batch.sub_batch == 0) shortened.batch_norm = "batch";
  TrainingSetup setup = make_training_setup(tested, /*initial_weights=*/true);
  RateTest test{.phase = recipe.phases[static_cast<size_t>(index)].name, .end = "the last rate"};
  if (is_untrained) {
    log_warning(
        "phase {} is tested on a network that has not been trained; give it the weights of the phase before with "
        "--from",
        test.phase);
  }
  const Stopwatch watch;
  shrink_offline_pool(setup.recipe.phases[static_cast<size_t>(index)], *setup.training);
  PhaseRun run(setup, index, 0);
  Smoother smoother;
  double lowest = std::numeric_limits<double>::infinity();
  const double factor =
      std::pow(options.to / options.from, 1.0 / static_cast<double>(std::max<int64_t>(options.steps - 1, 1)));
  double rate = options.from;
  for (int64_t step = 0; step < options.steps; ++step, rate *= factor) {
    if (step > 0 && watch.seconds() > options.seconds) {
      test.end = "the time ran out";
      break;
    }
    const StepReport report = run.step(rate);
    if (!report.failure.empty()) {
      test.end = report.failure;
      break;
    }
    if (report.images == 0) continue;  // the pool gave no triplets, and a loss of 0 is none
    const double smoothed = smoother.add(report.loss);
    test.points.push_back({.rate = rate, .loss = report.loss, .smoothed = smoothed});
    if (step >= kUnsettled) lowest = std::min(lowest, smoothed);
    if (std::ssize(test.points) > kFewestPoints && smoothed > kRisen * lowest) {
      test.end = "the loss rose";
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
