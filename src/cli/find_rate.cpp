#include "cli/find_rate.h"

#include <iostream>
#include <nlohmann/json.hpp>

#include "cli/flags.h"
#include "core/files.h"
#include "core/log.h"
#include "image/encode.h"
#include "train/find_rate.h"

namespace massface {
namespace {

nlohmann::ordered_json to_json(const RateTest& test) {
  nlohmann::ordered_json json = {{"phase", test.phase}, {"end", test.end}, {"suggested", nullptr}};
  if (test.suggested) json["suggested"] = *test.suggested;
  json["points"] = nlohmann::ordered_json::array();
  for (const RateTest::Point& point : test.points) {
    json["points"].push_back({{"rate", point.rate}, {"loss", point.loss}, {"smoothed", point.smoothed}});
  }
  return json;
}

void print(const RateTest& test) {
  std::cout << fmt::format("{:>10} {:>10} {:>10}\n", "rate", "loss", "smoothed");
  constexpr size_t kLines = 20;
  const size_t every = test.points.size() / kLines + 1;
  for (size_t i = 0; i < test.points.size(); i += every) {
    const RateTest::Point& point = test.points[i];
    std::cout << fmt::format("{:>10.2g} {:>10.4f} {:>10.4f}\n", point.rate, point.loss, point.smoothed);
  }
  std::cout << fmt::format("ended after {} steps: {}\n", test.points.size(), test.end);
  if (test.suggested) {
    std::cout << fmt::format("suggested: {}.optimizer.learning_rate={:.2g}, where the loss falls fastest\n", test.phase,
                             *test.suggested);
  } else {
    std::cout << "no suggestion: the loss did not fall by more than 1 %, or there were fewer than 30 steps\n";
  }
}

}  // namespace

void run_rate_test(const Recipe& recipe, const std::string& phase, const std::string& chart, bool json) {
  require_image_name(chart, "--chart");
  require_writable_file(chart);
  const RateTest test = find_rate(recipe, phase);
  if (!test.points.empty()) {
    write_file_atomically(chart, encode_for_name(chart, draw_rate_test(test)));
    log_info("chart: {}", printable(chart));
  }
  json ? print_json(to_json(test)) : print(test);
}

}  // namespace massface
