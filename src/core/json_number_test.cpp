#include "core/json_number.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace massface {
namespace {

std::optional<int64_t> number_in(const char* text, int64_t least, int64_t most = INT64_MAX) {
  return whole_number(nlohmann::json::parse(text), least, most);
}

TEST(WholeNumber, IsOneWithinItsRange) {
  EXPECT_EQ(number_in("7", 0), 7);
  EXPECT_EQ(number_in("-7", -7), -7);
  EXPECT_EQ(number_in("9223372036854775807", 0), INT64_MAX);
  EXPECT_EQ(number_in("7", 7, 7), 7);
}

TEST(WholeNumber, IsNothingElse) {
  for (const char* text : {"7.0", "7.5", "1e30", "-1e30", "79184467440737095516159", "9223372036854775808", "\"7\"",
                           "null", "true", "[7]", "{}"}) {
    EXPECT_EQ(number_in(text, INT64_MIN), std::nullopt) << text;
  }
  EXPECT_EQ(number_in("-1", 0), std::nullopt);
  EXPECT_EQ(number_in("8", 0, 7), std::nullopt);
}

}  // namespace
}  // namespace massface
