#include "core/limited_json.h"

#include <gtest/gtest.h>

#include "core/error.h"
#include "core/stopwatch.h"
#include "core/testing_text.h"

namespace massface {
namespace {

std::string complaint_about(std::string_view text, const JsonLimits& limits = {}) {
  return message_of<Error>([&] { parse_json_object(text, limits); });
}

TEST(LimitedJson, KeepsTheOrderOfTheText) {
  const JsonEntries entries = parse_json_object(R"({"b": 1, "a": {"d": [2, 3], "c": null}})");
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[0].first, "b");
  EXPECT_EQ(entries[0].second, 1);
  EXPECT_EQ(entries[1].first, "a");
  EXPECT_EQ(entries[1].second["d"][1], 3);
}

TEST(LimitedJson, RefusesWhatIsDeepOrLargeOrTwice) {
  EXPECT_EQ(complaint_about(R"({"a": [[[1]]]})", {.depth = 3}), "its JSON is nested beyond 3 levels");
  EXPECT_EQ(complaint_about(R"({"a": [[1]]})", {.depth = 3}), "");
  EXPECT_EQ(complaint_about(R"({"a": [1, 2, 3]})", {.values = 4}), "its JSON has more than 4 values");
  EXPECT_EQ(complaint_about(R"({"a": 1, "b": 2, "a": 3})"), "two entries of its JSON are called a");
  EXPECT_EQ(complaint_about("[1]"), "its JSON is not an object");
  EXPECT_EQ(complaint_about("7"), "its JSON is not an object");
  EXPECT_NE(complaint_about("{} {}").find("its JSON cannot be read: "), std::string::npos);
  EXPECT_NE(complaint_about("{\"a\": ").find("its JSON cannot be read: "), std::string::npos);
  EXPECT_NE(complaint_about("").find("its JSON cannot be read: "), std::string::npos);
}

// 40 MB of '[' took 3 GB, and 100,000 entries were compared with each other; 200,000 would take minutes.
TEST(LimitedJson, TakesNoLongerThanItsTextIsLong) {
  const Stopwatch watch;
  EXPECT_EQ(complaint_about("{\"a\":" + std::string(40'000'000, '[')), "its JSON is nested beyond 4 levels");
  std::string text = "{";
  for (int i = 0; i < 200'000; ++i) text += fmt::format("{}\"{}\": {{\"a\": [{}]}}", i == 0 ? "" : ",", i, i);
  EXPECT_EQ(parse_json_object(text + "}").size(), 200'000u);
  EXPECT_LT(watch.seconds(), 60);  // with a sanitizer, on a busy machine
}

}  // namespace
}  // namespace massface
