#include "mining/strategy.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "core/error.h"
#include "core/files.h"
#include "core/options.h"

namespace massface {

std::vector<std::string> strategy_names() {
  return std::apply([](auto... strategy) { return std::vector<std::string>{decltype(strategy)::kName...}; },
                    Strategies());
}

const std::string& strategy_name(Strategy strategy) {
  static const std::vector<std::string> names = strategy_names();
  return names[static_cast<size_t>(strategy)];
}

bool draws_random_numbers(Strategy strategy) {
  bool draws = false;
  with_selector(strategy, [&](auto selector) { draws = decltype(selector)::kDrawsRandomNumbers; });
  return draws;
}

bool uses_quantiles(Strategy strategy) {
  bool uses = false;
  with_selector(strategy, [&](auto selector) { uses = decltype(selector)::kUsesQuantiles; });
  return uses;
}

std::string quantile_strategies() {
  std::vector<std::string> names;
  for (const std::string& name : strategy_names()) {
    if (uses_quantiles(parse_strategy(name))) names.push_back(name);
  }
  return fmt::format("{}", fmt::join(names, " or "));
}

Strategy parse_strategy(const std::string& name) {
  const std::vector<std::string> names = strategy_names();
  const auto found = std::ranges::find(names, name);
  if (found != names.end()) return static_cast<Strategy>(found - names.begin());
  const std::string nearest = nearest_name(name, names);
  fail("there is no strategy \"{}\".{} Choose one of {}.", printable(name),
       nearest.empty() ? "" : fmt::format(" Did you mean {}?", nearest), fmt::join(names, ", "));
}

}  // namespace massface
