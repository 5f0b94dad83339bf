#include "dataset/image_names.h"

#include <memory>

#include "core/testing_folder.h"

namespace massface {
namespace {

struct ImageNamesTest : TestingFolder {
  std::shared_ptr<const Dataset> set_of(const std::vector<std::string>& files) {
    for (const std::string& file : files) write("faces/" + file);
    return open_dataset(path("faces"));
  }
};

TEST_F(ImageNamesTest, FindEveryIdentityAndNoOther) {
  const auto dataset = set_of({"b/1.jpg", "d/1.jpg", "f/1.jpg", "h/1.jpg"});
  for (IdentityIndex i = 0; i < 4; ++i) EXPECT_EQ(find_identity(*dataset, dataset->identity_name(i)), i);
  for (const char* name : {"", "a", "c", "e", "g", "i", "bb", "b/1.jpg"}) EXPECT_FALSE(find_identity(*dataset, name));
}

TEST_F(ImageNamesTest, FindAnImageByItsIdentityAndFile) {
  const auto dataset = set_of({"ada/1.jpg", "ada/2.jpg", "bob/1.jpg", "bob/3.png"});
  ImageNames names(dataset);
  EXPECT_EQ(names.find("ada", "2.jpg"), 1);
  EXPECT_EQ(names.find("bob", "1.jpg"), 2);
  EXPECT_EQ(names.find("bob", "3.png"), 3);
  EXPECT_EQ(names.find("bob", "2.jpg"), std::nullopt) << "ada's";
  EXPECT_EQ(names.find("cyd", "1.jpg"), std::nullopt);
}

TEST_F(ImageNamesTest, FindTheFileOfAListsPathUnlessThatIsAnImagesWholeName) {
  write("list.txt", "x/1.jpg ada\n1.jpg ada\nx/2.jpg ada\n");
  for (const char* file : {"x/1.jpg", "1.jpg", "x/2.jpg"}) write(file);
  const auto dataset = open_dataset(path("list.txt"));
  ImageNames names(dataset);
  const auto file_of = [&](const std::string& name) { return dataset->file_name(names.find("ada", name).value()); };
  EXPECT_EQ(file_of("x/1.jpg"), "x/1.jpg");
  EXPECT_EQ(file_of("1.jpg"), "1.jpg");
  EXPECT_EQ(file_of("2.jpg"), "x/2.jpg");
}

}  // namespace
}  // namespace massface
