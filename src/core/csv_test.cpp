#include "core/csv.h"

#include <gtest/gtest.h>

#include "core/error.h"
#include "core/testing_text.h"

namespace massface {
namespace {

using Fields = std::vector<std::string>;

TEST(Csv, AnyNamesSurviveBeingWrittenAndRead) {
  const std::vector<Fields> rows = {{"plain", "", "two words"},
                                    {"a,b", "say \"so\"", "line\nend"},
                                    {" spaces ", "\r\n", "semi;colon"},
                                    {"\"", "\xff\xfe", "tab\t"}};
  std::string text;
  for (const Fields& row : rows) text += csv_line(row);
  const auto parsed = parse_csv(text, ',');
  ASSERT_EQ(parsed.size(), rows.size());
  for (size_t i = 0; i < rows.size(); ++i) EXPECT_EQ(parsed[i].fields, rows[i]) << i;
  EXPECT_EQ(parsed[2].line, 4);  // the second record has two lines
  EXPECT_EQ(parsed[3].line, 6);
}

TEST(Csv, WritesQuotesOnlyWhereTheyAreNeeded) {
  EXPECT_EQ(csv_line({"drop", "a b", "a,b", "\"x\""}), "drop,a b,\"a,b\",\"\"\"x\"\"\"\n");
}

TEST(Csv, ReadsWhatSpreadsheetsWrite) {
  const auto rows = parse_csv("\xEF\xBB\xBFkind;name\r\n\"a;b\";\"1\"\"2\"\r\n;;\r\nlast;", ';');
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[0].fields, Fields({"kind", "name"}));
  EXPECT_EQ(rows[1].fields, Fields({"a;b", "1\"2"}));
  EXPECT_EQ(rows[2].fields, Fields({"last", ""}));
  EXPECT_EQ(rows[2].line, 4);
  EXPECT_TRUE(parse_csv("", ',').empty());
  EXPECT_TRUE(parse_csv("\n\r\n,,\n", ',').empty());
}

TEST(Csv, SaysWhereAQuoteIsWrong) {
  EXPECT_EQ(message_of<Error>([] { parse_csv("a,b\n\"c,d\n", ','); }),
            "line 2: a field begins with a quote that is never closed");
  EXPECT_EQ(message_of<Error>([] { parse_csv("\"a\"b,c\n", ','); }),
            "line 1: the end of a quoted field is followed by more text; write quotes within a field twice");
}

}  // namespace
}  // namespace massface
