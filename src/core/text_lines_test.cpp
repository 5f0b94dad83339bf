#include "core/text_lines.h"

#include <gtest/gtest.h>

#include <string>

namespace massface {
namespace {

std::string joined(std::string_view text) {
  std::string result;
  for (const auto& [number, line] : text_lines(text)) result += std::to_string(number) + "[" + std::string(line) + "]";
  return result;
}

TEST(TextLines, ComeWithoutTheirEnds) {
  EXPECT_EQ(joined("a\n\nb"), "1[a]2[]3[b]");
  EXPECT_EQ(joined("a\r\nb\r\n"), "1[a]2[b]");
  EXPECT_EQ(joined("\xEF\xBB\xBF"
                   "a"),
            "1[a]");
  EXPECT_EQ(joined(""), "");
}

TEST(Trim, TakesBlanksAndTabsFromBothEnds) {
  EXPECT_EQ(trim(" \ta b\t "), "a b");
  EXPECT_EQ(trim("\t "), "");
  EXPECT_EQ(trim(""), "");
}

TEST(TextLines, AreCutAtTabsOrElseAtSpaces) {
  using Fields = std::vector<std::string_view>;
  EXPECT_EQ(cut_fields("Aaron Eckhart\t1\t 2 "), (Fields{"Aaron Eckhart", "1", "2"}));
  EXPECT_EQ(cut_fields("  ada  1 2"), (Fields{"ada", "1", "2"}));
  EXPECT_EQ(cut_fields("ada\t\t1"), (Fields{"ada", "1"}));
  EXPECT_EQ(cut_fields("ada\t1 2", "\t "), (Fields{"ada", "1", "2"}));
  EXPECT_EQ(cut_fields(" \t "), Fields{});
  EXPECT_EQ(cut_fields(""), Fields{});
}

}  // namespace
}  // namespace massface
