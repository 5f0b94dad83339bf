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

}  // namespace
}  // namespace massface
