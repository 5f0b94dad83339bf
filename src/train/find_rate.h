#pragma once

#include <optional>
#include <string>
#include <vector>

#include "image/image.h"
#include "recipe/recipe.h"

namespace massface {

// The range test of a learning rate: "Cyclical Learning Rates for Training Neural Networks", arXiv:1506.01186, section
// 3.3. The rate rises from step to step by the same factor; where the loss falls fastest, the rate is good.
struct RateTest {
  struct Point {
    double rate = 0;
    double loss = 0;
    double smoothed = 0;  // exponential moving average of the loss, corrected for its start
  };
  std::string phase;
  std::vector<Point> points;
  std::string end;  // why the test ended: "the last rate", "the loss rose", "the time ran out", or a failure
  // Where the smoothed loss falls fastest; absent if it never fell by more than 1 %, or there were fewer than 30 steps.
  std::optional<double> suggested;
};

struct RateTestOptions {
  double from = 1e-5, to = 10;
  int64_t steps = 120;
  double seconds = 100;  // after which no further step is taken
};

// Tests the rates of a phase on a throw-away network, which begins as the recipe's first phase does. Writes nothing.
// phase: a name of the recipe's; "" for its first one. Throws Error as the training would, and for an unknown phase.
RateTest find_rate(const Recipe& recipe, const std::string& phase, const RateTestOptions& options = {});

// Returns the rate where the smoothed losses fall fastest over the logarithm of the rate, before they rise.
std::optional<double> steepest_rate(const std::vector<RateTest::Point>& points);

// A chart of the losses over the rates, with the suggestion marked.
Image draw_rate_test(const RateTest& test);

}  // namespace massface
