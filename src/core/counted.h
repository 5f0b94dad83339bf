#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace massface {

// A number with its noun: "1 person", "3 people".
inline std::string counted(int64_t number, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", number, number == 1 ? one : many);
}

inline std::string counted_faces(int64_t number) { return counted(number, "face", "faces"); }
inline std::string counted_people(int64_t number) { return counted(number, "person", "people"); }

}  // namespace massface
