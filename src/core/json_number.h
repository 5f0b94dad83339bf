#pragma once

#include <cstdint>
#include <limits>
#include <optional>

namespace massface {

// Returns the whole number that a JSON value holds, or nothing if it is no number, has a fraction, or lies outside of
// [least, most]. The library's own get<int64_t>() converts every number, without a word and, for a large one such as
// 1e30, with undefined behaviour. Json: nlohmann::json or ordered_json.
template <class Json>
std::optional<int64_t> whole_number(const Json& value, int64_t least,
                                    int64_t most = std::numeric_limits<int64_t>::max()) {
  if (!value.is_number_integer()) return std::nullopt;
  if (value.is_number_unsigned() && value.template get<uint64_t>() > std::numeric_limits<int64_t>::max()) {
    return std::nullopt;
  }
  const auto number = value.template get<int64_t>();
  if (number < least || number > most) return std::nullopt;
  return number;
}

}  // namespace massface
