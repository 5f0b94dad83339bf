#include <sys/stat.h>

#include <cstdlib>

#include "core/error.h"
#include "core/testing_folder.h"
#include "core/testing_places.h"
#include "dataset/dataset.h"

namespace massface {
namespace {

namespace fs = std::filesystem;
using Names = std::vector<std::string>;

struct OpenDatasetTest : TestingFolder {
  std::string error_of(const std::string& dataset) {
    return message_of<Error>([&] { open_dataset(dataset); });
  }
  Names image_names(const Dataset& dataset) {
    Names names;
    for (ImageIndex image = 0; image < dataset.size(); ++image) {
      names.push_back(fs::relative(dataset.image_name(image), folder_).native());
    }
    return names;
  }
};

TEST_F(OpenDatasetTest, NumbersTheImagesOfIdentityFolders) {
  write("faces/bob/2.jpg", "two");
  write("faces/bob/1.jpg", "one");
  write("faces/ada/1.png", "ada");
  fs::create_directory(folder_ / "faces/aaron");
  const auto dataset = open_dataset(path("faces"));
  EXPECT_EQ(dataset->num_identities(), 2);
  EXPECT_EQ(dataset->identity_name(0), "ada");
  EXPECT_EQ(dataset->identity_name(1), "bob");
  EXPECT_EQ(image_names(*dataset), (Names{"faces/ada/1.png", "faces/bob/1.jpg", "faces/bob/2.jpg"}));
  EXPECT_EQ(dataset->identity_of_image(), (std::vector<IdentityIndex>{0, 1, 1}));
  EXPECT_EQ(dataset->read_bytes(2), (std::vector<uint8_t>{'t', 'w', 'o'}));
}

TEST_F(OpenDatasetTest, JoinsTheIdentitiesOfSeveralRoots) {
  write("one/bob/1.jpg");
  write("one/ada/1.jpg");
  write("two/bob/0.jpg");
  write("two/cyd/1.jpg");
  const auto dataset = open_dataset(path("one") + ":" + path("two") + "/");
  EXPECT_EQ(dataset->num_identities(), 3);
  EXPECT_EQ(image_names(*dataset), (Names{"one/ada/1.jpg", "one/bob/1.jpg", "two/bob/0.jpg", "two/cyd/1.jpg"}));
  EXPECT_EQ(dataset->identity_of_image(), (std::vector<IdentityIndex>{0, 1, 1, 2}));
}

TEST_F(OpenDatasetTest, OpensAFolderWhoseNameHoldsAColon) {
  write("a:b/ada/1.jpg");
  EXPECT_EQ(open_dataset(path("a:b"))->size(), 1);
}

TEST_F(OpenDatasetTest, NamesEachRootAbsolutely) {
  const std::string here = fs::current_path().native();
  EXPECT_EQ(absolute_dataset_path("a"), here + "/a");
  EXPECT_EQ(absolute_dataset_path("a:/b:./c/list.txt"), here + "/a:/b:" + here + "/c/list.txt");
  EXPECT_EQ(absolute_dataset_path("a::b"), here + "/a::" + here + "/b") << "the mistake stays one";
  EXPECT_EQ(absolute_dataset_path(""), "");
  write("with:colon/ada/1.jpg");
  EXPECT_EQ(absolute_dataset_path(path("with:colon")), path("with:colon"));
}

TEST_F(OpenDatasetTest, ReadsAListWhosePathsAreRelativeToItsFolder) {
  const std::string elsewhere = write("elsewhere/x.jpg", "x");
  write("sets/faces/a b.jpg", "ab");
  const std::string list = write("sets/list.txt",
                                 "\xEF\xBB\xBF"
                                 "faces/a b.jpg bob\r\n\r\n" +
                                     elsewhere + "\tada lovelace\r\nfaces/0.jpg  bob\n");
  const auto dataset = open_dataset(list);
  EXPECT_EQ(dataset->num_identities(), 2);
  EXPECT_EQ(dataset->identity_name(0), "ada lovelace");
  EXPECT_EQ(dataset->identity_name(1), "bob");
  EXPECT_EQ(image_names(*dataset), (Names{"elsewhere/x.jpg", "sets/faces/0.jpg", "sets/faces/a b.jpg"}));
  EXPECT_EQ(dataset->read_bytes(2), (std::vector<uint8_t>{'a', 'b'}));
  // 0.jpg does not exist: one bad image among good ones, found when it is read.
  EXPECT_THROW(dataset->read_bytes(1), Error);
}

TEST_F(OpenDatasetTest, JoinsAListAndAFolder) {
  write("faces/ada/1.jpg");
  write("more/2.jpg");
  const std::string list = write("more/list.txt", "2.jpg ada\n");
  const auto dataset = open_dataset(list + ":" + path("faces"));
  EXPECT_EQ(dataset->num_identities(), 1);
  EXPECT_EQ(image_names(*dataset), (Names{"more/2.jpg", "faces/ada/1.jpg"}));
}

TEST_F(OpenDatasetTest, HasTheSameFingerprintWhereverItLies) {
  write("one/ada/1.jpg");
  write("one/bob/1.jpg");
  const uint64_t fingerprint = open_dataset(path("one"))->fingerprint();
  fs::rename(path("one"), path("moved"));
  EXPECT_EQ(open_dataset(path("moved"))->fingerprint(), fingerprint);
  fs::rename(path("moved/bob/1.jpg"), path("moved/bob/2.jpg"));
  const uint64_t other_file = open_dataset(path("moved"))->fingerprint();
  EXPECT_NE(other_file, fingerprint);
  fs::rename(path("moved/bob/2.jpg"), path("moved/ada/2.jpg"));
  EXPECT_NE(open_dataset(path("moved"))->fingerprint(), other_file);
  fs::rename(path("moved/ada/2.jpg"), path("moved/bob/1.jpg"));
  fs::rename(path("moved/bob"), path("moved/cyd"));
  EXPECT_NE(open_dataset(path("moved"))->fingerprint(), fingerprint);
}

TEST_F(OpenDatasetTest, HasAnotherFingerprintWhenAnIdentityBecomesAFile) {
  for (const char* file : {"one/a/b.jpg", "one/c.jpg/d.jpg", "two/a/b.jpg", "two/a/c.jpg", "two/a/d.jpg"}) write(file);
  EXPECT_NE(open_dataset(path("one"))->fingerprint(), open_dataset(path("two"))->fingerprint());
}

TEST_F(OpenDatasetTest, TellsWhatItLeftOut) {
  for (const char* file :
       {"faces/ada/1.jpg", "faces/ada/deeper/1.jpg", "faces/notes.txt", "faces/ada/a.txt", "faces/9.jpg"}) {
    write(file);
  }
  fs::create_directory(folder_ / "faces/empty");
  const std::string root = path("faces");
  EXPECT_EQ(open_dataset(root)->left_out(),
            (Names{root + ": 1 folders without images", root + ": 1 folders inside identity folders",
                   root + ": 1 images next to the identity folders",
                   root + ": 2 files not named .jpg, .jpeg, .jpe, .jfif, .png or .webp"}));
}

TEST_F(OpenDatasetTest, SaysWhatWasExpectedWhereThereIsNothing) {
  const std::string expected =
      "Expected a folder that holds one folder of images for each person, or a list file of `path identity` lines";
  EXPECT_EQ(error_of(""), "the path of the dataset is empty. " + expected);
  EXPECT_EQ(error_of(path("no")), "there is no dataset " + path("no") + ": No such file or directory. " + expected);
  fs::create_directory(folder_ / "empty");
  EXPECT_EQ(error_of(path("empty")), path("empty") +
                                         " holds no image: 0 folders, 0 files that are not named .jpg, "
                                         ".jpeg, .jpe, .jfif, .png or .webp. " +
                                         expected);
  ASSERT_EQ(::mkfifo(path("pipe").c_str(), 0600), 0);
  EXPECT_EQ(error_of(path("pipe")), path("pipe") + " is neither a folder nor a file. " + expected);
}

TEST_F(OpenDatasetTest, GuessesWhichFolderWasMeant) {
  write("set/train/ada/1.jpg");
  write("set/val/bob/1.jpg");
  fs::create_directory(folder_ / "set/empty");
  EXPECT_EQ(error_of(path("set")), path("set") +
                                       " holds no image in its 3 folders, but these hold folders. Did you mean " +
                                       path("set/train") + ", " + path("set/val") + "?");
  const std::string message = error_of(path("set/train/ada"));
  EXPECT_NE(message.find("holds 1 images but no folder of images"), std::string::npos) << message;
  EXPECT_NE(message.find("did you mean the folder above, " + fs::canonical(path("set/train")).native() + "?"),
            std::string::npos);
}

TEST_F(OpenDatasetTest, RefusesTheSameRootTwiceAndEmptyParts) {
  write("faces/ada/1.jpg");
  const std::string root = path("faces");
  EXPECT_EQ(error_of(root + ":" + root + "/."), root + ":" + root + "/.: " + root + "/. is named twice");
  EXPECT_EQ(error_of(root + ":"), root + ":: an empty path between two ':'");
}

TEST_F(OpenDatasetTest, PointsAtTheLineOfAListThatIsWrong) {
  write("1.jpg");
  const std::string list = write("list.txt", "1.jpg ada\n\nlonely.jpg\n");
  EXPECT_EQ(error_of(list),
            list + ":3: expected `path identity`, separated by a tab, a comma or a space, found \"lonely.jpg\"");
  write("list.txt", "1.jpg ada\n1.jpg bob\n");
  EXPECT_EQ(error_of(list),
            list + ":2: 1.jpg is already on line 1; an image has one identity. Remove one of the lines");
  write("list.txt", "\n\n");
  EXPECT_EQ(error_of(list), list + " lists no image. Expected lines of `path identity`");
  write("list.txt", std::string_view("\x89PNG\r\n\0\0", 8));
  EXPECT_EQ(error_of(list),
            list + " is not a list file: it contains bytes that are not text. Expected lines of `path identity`");
  write("list.txt", "x/1.jpg ada\nx/2.jpg ada\n");
  EXPECT_EQ(error_of(list), list + ": none of the first 2 images exists, for example " + path("x/1.jpg") +
                                ". Paths are relative to the list's folder");
}

TEST(RealFaces, AreCounted) {
  const fs::path data = testing_data();
  if (!fs::exists(data / "celeba-112")) GTEST_SKIP() << "no celeba-112 in " << data << " (set MASSFACE_DATA)";
  const auto dataset = open_dataset((data / "celeba-112").native());
  EXPECT_EQ(dataset->num_identities(), 1207);
  EXPECT_EQ(dataset->size(), 22095);
}

}  // namespace
}  // namespace massface
