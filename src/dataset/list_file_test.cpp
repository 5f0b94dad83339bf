#include "dataset/list_file.h"

#include <gtest/gtest.h>

#include "core/error.h"
#include "core/testing_folder.h"
#include "dataset/list_columns.h"

namespace massface {
namespace {

using Listed = std::vector<std::pair<std::string, std::string>>;

struct ListFileTest : TestingFolder {
  Listed read(std::string_view text) {
    Listed listed;
    for (const ListedImage& image : read_list_file(write("list.txt", text)).images)
      listed.emplace_back(image.path, image.identity);
    return listed;
  }
  std::string error_of(std::string_view text) {
    const std::string message = message_of<Error>([&] { read(text); });
    return message.substr(std::min(message.find("list.txt"), message.size()));
  }
};

const Listed kTwo = {{"ada/1.jpg", "ada"}, {"bob/1.JPG", "bob"}};

TEST_F(ListFileTest, MayHaveAHeader) {
  EXPECT_EQ(read("path identity\nada/1.jpg ada\nbob/1.JPG bob\n"), kTwo);
  EXPECT_EQ(read("image,label\nada/1.jpg,ada\nbob/1.JPG,bob\n"), kTwo);
  EXPECT_EQ(read("identity\tpath\nada\tada/1.jpg\nbob\tbob/1.JPG\n"), kTwo);
  // No header: the first line names an image as well, or the second does not either.
  EXPECT_EQ(read("a.jpg ada\nb.jpg bob\n").size(), 2u);
  EXPECT_EQ(read("1001 ada\n1002 bob\n"), (Listed{{"1001", "ada"}, {"1002", "bob"}}));
  write("odd", "an image without an ending");
  EXPECT_EQ(read("odd ada\nb.jpg bob\n").size(), 2u);
}

TEST_F(ListFileTest, ThatWasNotFetchedIsNamed) {
  EXPECT_TRUE(has(error_of("version https://git-lfs.github.com/spec/v1\noid sha256:1\n"),
                  "is not a list file but a git-LFS pointer, not the file itself; fetch it with: git lfs pull"));
}

TEST_F(ListFileTest, MayHaveTheIdentityFirst) {
  EXPECT_EQ(read("ada ada/1.jpg\nbob bob/1.JPG\n"), kTwo);
  EXPECT_EQ(read("ada,ada/1.jpg\nbob,bob/1.JPG\n"), kTwo);
  EXPECT_EQ(read("ada my photo.jpg\n"), (Listed{{"my photo.jpg", "ada"}}));
  EXPECT_EQ(read("my photo.jpg ada\n"), (Listed{{"my photo.jpg", "ada"}}));
  EXPECT_EQ(read("Ada L.\tmy photo.jpg\n"), (Listed{{"my photo.jpg", "Ada L."}}));
}

TEST_F(ListFileTest, MayBeACsvFileWithQuotes) {
  EXPECT_EQ(read("\"ada/1.jpg\",\"ada\"\r\n\"bob/1.JPG\", \"bob\"\r\n"), kTwo);
  EXPECT_EQ(read("\"a, b.jpg\",\"Ada \"\"the first\"\"\"\n"), (Listed{{"a, b.jpg", "Ada \"the first\""}}));
  EXPECT_EQ(read("\"a b.jpg\"\t\"Ada L.\"\n"), (Listed{{"a b.jpg", "Ada L."}}));
  EXPECT_EQ(read("\"odd\".jpg\tada\n"), (Listed{{"\"odd\".jpg", "ada"}})) << "a quote that belongs to the name";
  EXPECT_EQ(read("smith, john.jpg ada\n"), (Listed{{"smith, john.jpg", "ada"}})) << "a comma in a name";
}

TEST_F(ListFileTest, MayHaveBackslashes) {
  write("ada/1.jpg");
  EXPECT_EQ(read("ada\\1.jpg ada\nbob\\1.JPG bob\n"), kTwo);
  write("odd\\name.jpg");
  EXPECT_EQ(read("odd\\name.jpg ada\n"), (Listed{{"odd\\name.jpg", "ada"}}));
}

TEST_F(ListFileTest, NamesAnImageOnceHoweverItIsSpelled) {
  EXPECT_EQ(read("./ada/1.jpg ada\nbob//./1.JPG bob\n"), kTwo);
  EXPECT_EQ(error_of("./a.jpg ada\na.jpg bob\n"),
            "list.txt:2: a.jpg is already on line 1; an image has one identity. Remove one of the lines");
  EXPECT_NE(error_of("a.jpg ada\n" + path("a.jpg") + " bob\n").find("is already on line 1"), std::string::npos);
  EXPECT_EQ(read("x/../a.jpg ada\n"), (Listed{{"x/../a.jpg", "ada"}})) << "x may be a link";
}

TEST_F(ListFileTest, IsRefusedIfALineDoesNotHaveTwoColumns) {
  EXPECT_EQ(error_of("a.jpg,ada\nb.jpg,bob,7\n"),
            "list.txt:2: expected `path identity`, separated by a tab, a comma or a space, found \"b.jpg,bob,7\"");
  EXPECT_NE(error_of("a.jpg\tada\tx\n").find("list.txt:1: expected"), std::string::npos);
  EXPECT_NE(error_of("a.jpg,\nb.jpg,ada\n").find("list.txt:1: expected"), std::string::npos);
  EXPECT_EQ(read("a.jpg\t\tada\n"), (Listed{{"a.jpg", "ada"}}));
}

}  // namespace
}  // namespace massface
