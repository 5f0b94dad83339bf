#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

namespace massface {

// For tests: fails unless every element of the page is closed in the order in which elements were opened, attributes
// are quoted, and no id occurs twice.
inline void expect_well_formed(const std::string& page) {
  std::vector<std::string> open, ids;
  for (size_t at = page.find('<'); at != std::string::npos; at = page.find('<', at + 1)) {
    const size_t end = page.find('>', at);
    ASSERT_NE(end, std::string::npos);
    const std::string tag = page.substr(at + 1, end - at - 1);
    ASSERT_EQ(std::count(tag.begin(), tag.end(), '"') % 2, 0) << tag;
    if (const size_t id = tag.find(" id=\""); id != std::string::npos) {
      const std::string name = tag.substr(id + 5, tag.find('"', id + 5) - id - 5);
      EXPECT_EQ(std::count(ids.begin(), ids.end(), name), 0) << name;
      ids.push_back(name);
    }
    if (tag.starts_with("!")) continue;
    if (tag.starts_with("/")) {
      ASSERT_FALSE(open.empty()) << tag;
      ASSERT_EQ(tag.substr(1), open.back()) << "at " << at;
      open.pop_back();
      continue;
    }
    const std::string name = tag.substr(0, tag.find(' '));
    if (!tag.ends_with("/") && name != "meta" && name != "img") open.push_back(name);
  }
  EXPECT_TRUE(open.empty()) << open.back();
}

// The number of times that the page contains the text.
inline int64_t count_of(const std::string& page, const std::string& text) {
  int64_t count = 0;
  for (size_t at = page.find(text); at != std::string::npos; at = page.find(text, at + 1)) ++count;
  return count;
}

}  // namespace massface
