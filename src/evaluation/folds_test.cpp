#include "evaluation/folds.h"

#include <gtest/gtest.h>

#include "core/error.h"

namespace massface {
namespace {

std::string folds_complaint(const std::string& text) {
  try {
    parse_folds(text, 10);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

using Folds = std::vector<int64_t>;

TEST(ParseFolds, ReadsRangesAndListsCountedFromOne) {
  EXPECT_EQ(parse_folds("1-5", 10), (Folds{0, 1, 2, 3, 4}));
  EXPECT_EQ(parse_folds("1,3", 10), (Folds{0, 2}));
  EXPECT_EQ(parse_folds("7,2-4,3", 10), (Folds{1, 2, 3, 6}));
  EXPECT_EQ(parse_folds("10", 10), (Folds{9}));
  EXPECT_EQ(parse_folds("", 3), (Folds{0, 1, 2}));
}

TEST(ParseFolds, RefusesWhatIsNoFold) {
  for (const char* text : {"0", "a", "1-", "-3", "5-1", "1,,2", "1,", "1 - 5", "1.5", "99999999999999999999"}) {
    EXPECT_EQ(folds_complaint(text),
              "folds: expected folds such as 1-5 or 1,3, counted from 1, got '" + std::string(text) + "'");
  }
  EXPECT_EQ(folds_complaint("8-11"), "folds: 8-11 asks for fold 11, but the pairs have 10");
}

TEST(FoldsPhrase, NamesFoldsAsPeopleDo) {
  EXPECT_EQ(folds_phrase({2}), "fold 3");
  EXPECT_EQ(folds_phrase({0, 1, 2, 3, 4}), "folds 1-5");
  EXPECT_EQ(folds_phrase({0, 2, 3, 9}), "folds 1,3-4,10");
}

}  // namespace
}  // namespace massface
