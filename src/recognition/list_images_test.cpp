#include "recognition/list_images.h"

#include <gtest/gtest.h>

#include <set>

#include "core/error.h"
#include "core/testing_folder.h"
#include "core/testing_text.h"

namespace massface {
namespace {

struct ListedImages : TestingFolder {};

// "\xff" as a byte, and as the four characters that it is printed as.
TEST_F(ListedImages, WhoseNamesPrintAlikeAreTold) {
  write("people/a\xff/1.jpg", "one");
  write("people/a\\xff/1.jpg", "another");
  const auto images = list_images({path("people")}, {});
  ASSERT_EQ(images.size(), 2u);
  EXPECT_NE(images[0].name, images[1].name);
  EXPECT_EQ((std::set{images[0].group, images[1].group}), (std::set<std::string>{"a\xff", "a\\xff"}));
  EXPECT_EQ((std::set{images[0].bytes, images[1].bytes}), (std::set<int64_t>{3, 7}));
}

TEST_F(ListedImages, AreListedOnce) {
  write("people/ada/1.jpg", "one");
  const auto images = list_images({path("people"), path("people/ada/1.jpg"), path("people/ada/")}, {});
  ASSERT_EQ(images.size(), 1u);
  EXPECT_EQ(images[0].group, "ada");
  EXPECT_NE(message_of<Error>([&] { list_images({path("bob")}, {}); }).find("no such file"), std::string::npos);
}

}  // namespace
}  // namespace massface
