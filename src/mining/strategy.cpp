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

Strategy parse_strategy(const std::string& name) {
  const std::vector<std::string> names = strategy_names();
  const auto found = std::ranges::find(names, name);
  if (found != names.end()) return static_cast<Strategy>(found - names.begin());
  const std::string nearest = nearest_name(name, names);
  fail("there is no strategy \"{}\".{} Choose one of {}.", printable(name),
       nearest.empty() ? "" : fmt::format(" Did you mean {}?", nearest), fmt::join(names, ", "));
}

}  // namespace massface
