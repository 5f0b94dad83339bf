#include <gtest/gtest.h>

#include <string>

#include "image/testing_complaint.h"

namespace massface {
namespace {

using namespace std::string_literals;

std::string complaint_about(const std::string& file) { return complaint_of({file.begin(), file.end()}); }

TEST(ForeignFile, IsNamedWithWhatToDo) {
  EXPECT_EQ(complaint_about("\0\0\0\x24"
                            "ftypheic"s),
            "not a JPEG, PNG or WebP (first bytes 00 00 00 24): a HEIC photograph; convert it to JPEG or PNG");
  EXPECT_EQ(
      complaint_about("version https://git-lfs.github.com/spec/v1\n"),
      "not a JPEG, PNG or WebP (first bytes 76 65 72 73): a git-LFS pointer, not the file itself; fetch it with: git "
      "lfs pull");
  EXPECT_EQ(
      complaint_about("\0\0\0\x18"
                      "ftypmp42"s),
      "not a JPEG, PNG or WebP (first bytes 00 00 00 18): a film (MP4 or QuickTime); extract frames as JPEG or PNG if "
      "its faces are wanted");
}

TEST(ForeignFile, WithoutANameShowsItsFirstBytes) {
  EXPECT_EQ(complaint_about("text"), "not a JPEG, PNG or WebP (first bytes 74 65 78 74)");
  EXPECT_EQ(complaint_about(""), "empty (0 bytes)");
}

}  // namespace
}  // namespace massface
