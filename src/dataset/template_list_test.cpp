#include "dataset/template_list.h"

#include <gtest/gtest.h>

#include "core/error.h"
#include "core/testing_folder.h"
#include "core/testing_text.h"

namespace massface {
namespace {

std::string refusal(std::string_view text) {
  return message_of<Error>([&] { parse_template_list(text, "list"); });
}

using TemplateListFile = TestingFolder;

TEST(TemplateList, TakesColumnsByTheirNames) {
  const auto images = parse_template_list(
      "TEMPLATE_ID,SUBJECT_ID,FILENAME,FACE_X,SIGHTING_ID\n7,3,img/a.jpg,12,90\n8,3,\"img/b, c.jpg\",5,91\n", "list");
  ASSERT_EQ(images.size(), 2u);
  EXPECT_EQ(images[0].template_id, "7");
  EXPECT_EQ(images[0].subject, "3");
  EXPECT_EQ(images[0].media, "90");
  EXPECT_EQ(images[1].file, "img/b, c.jpg");
  const auto few = parse_template_list("file template\nx.jpg one\n", "list");
  ASSERT_EQ(few.size(), 1u);
  EXPECT_EQ(few[0].template_id, "one");
  EXPECT_EQ(few[0].subject, "");
}

TEST(TemplateList, TakesThreeColumnsWithoutNames) {
  const auto images = parse_template_list("1.jpg 1 69544\n2.jpg 1 69545\r\n", "list");
  ASSERT_EQ(images.size(), 2u);
  EXPECT_EQ(images[1].file, "2.jpg");
  EXPECT_EQ(images[1].template_id, "1");
  EXPECT_EQ(images[1].media, "69545");
}

TEST(TemplateList, NamesTheLineThatIsWrong) {
  EXPECT_NE(refusal("").find("contains no lines"), std::string::npos);
  EXPECT_NE(refusal("template,subject\n1,2\n").find("list:1: its first line names no column \"file\""),
            std::string::npos);
  EXPECT_NE(refusal("template,file\n1,a.jpg\n2\n").find("list:3: expected 2 fields"), std::string::npos);
  EXPECT_NE(refusal("1.jpg 1\n").find("list:1: expected 3 fields, FILE TEMPLATE MEDIA"), std::string::npos);
  EXPECT_NE(refusal("template,file\n,a.jpg\n").find("list:2: names no template"), std::string::npos);
  EXPECT_NE(refusal("template,file\n").find("contains no templates"), std::string::npos);
  EXPECT_NE(refusal("template,file\n1,\"a.jpg\n").find("list: "), std::string::npos);
}

TEST_F(TemplateListFile, SaysWhatItIsInstead) {
  write("team.mfg", std::string("SQLite format 3\0\x10\0", 18));
  EXPECT_EQ(
      message_of<Error>([&] { read_template_list(path("team.mfg")); }),
      path("team.mfg") +
          " is not a list of templates but a gallery (massface gallery), or another SQLite database. Expected lines "
          "of `FILE TEMPLATE MEDIA`, or a table with these columns");
  write("pairs", std::string("1 2\0", 4));
  EXPECT_NE(message_of<Error>([&] { read_template_pairs(path("pairs")); }).find("it contains bytes that are not text"),
            std::string::npos);
}

TEST(TemplatePairs, AreTwoTemplatesAndAnAnswer) {
  const auto pairs = parse_template_pairs("first,second,same\n1,11065,1\n2,11066,0\n", "pairs");
  ASSERT_EQ(pairs.size(), 2u);
  EXPECT_EQ(pairs[0].second, "11065");
  EXPECT_TRUE(pairs[0].same);
  EXPECT_FALSE(pairs[1].same);
  EXPECT_EQ(parse_template_pairs("1 2 1\n", "pairs").size(), 1u);
  EXPECT_NE(message_of<Error>([] { parse_template_pairs("1 2 1\n1 2 yes\n", "pairs"); }).find("pairs:2: expected two"),
            std::string::npos);
}

}  // namespace
}  // namespace massface
