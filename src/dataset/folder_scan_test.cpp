#include "dataset/folder_scan.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "core/error.h"
#include "core/testing_folder.h"
#include "dataset/image_file_name.h"

namespace massface {
namespace {

namespace fs = std::filesystem;
using Names = std::vector<std::string>;

struct FolderScanTest : TestingFolder {
  FolderScan scan(FolderScan known = {}) { return scan_folder(folder_.native(), std::move(known), long_after()); }

  // A time at which every change is settled, far in the future of any file system's clock.
  static int64_t long_after() { return int64_t{1} << 62; }
};

const IdentityFolder& identity(const FolderScan& scan, const std::string& name) {
  return *std::ranges::find(scan.identities, name, &IdentityFolder::name);
}

TEST(ImageName, IsToldByItsEndingInAnyCase) {
  for (const char* name : {"a.jpg", "a.JPG", "a.Jpeg", "a.png", "a.webp", "a.jfif", "a.JPE", "a b.x.PNG"})
    EXPECT_TRUE(has_image_name(name)) << name;
  for (const char* name : {"jpg", ".jpg", "a.gif", "a.jpg.txt", "ajpg", ""}) EXPECT_FALSE(has_image_name(name)) << name;
}

TEST(ImageName, OfAPairIsFoundInEverySpelling) {
  const auto all = image_name_spellings("ada/ada_0001.jpg");
  EXPECT_EQ(all.front(), "ada/ada_0001.jpg");
  for (const char* name : {"ada/ada_0001.JPG", "ada/ada_0001.Jpg", "ada/ada_0001.jfif", "ada/ada_0001.WEBP"}) {
    EXPECT_NE(std::ranges::find(all, name), all.end()) << name;
  }
  EXPECT_EQ(std::ranges::count(all, "ada/ada_0001.jpg"), 1);
  for (const std::string& name : all) EXPECT_TRUE(has_image_name(name)) << name;
}

TEST_F(FolderScanTest, FindsIdentitiesAndImagesInTheOrderOfTheirBytes) {
  for (const char* file : {"b/2.jpg", "b/10.png", "B/x.JPEG", "\xc3\xa9/1.jpg", "a/1.jpg"}) write(file);
  const FolderScan found = scan();
  ASSERT_EQ(found.identities.size(), 4u);
  EXPECT_EQ(found.identities[0].name, "B");
  EXPECT_EQ(found.identities[1].name, "a");
  EXPECT_EQ(found.identities[2].name, "b");
  EXPECT_EQ(found.identities[3].name, "\xc3\xa9");
  EXPECT_EQ(found.identities[2].images, (Names{"10.png", "2.jpg"}));
  EXPECT_EQ(found.num_images(), 5);
}

TEST_F(FolderScanTest, KeepsNamesThatAreNotUtf8) {
  write("\xff\xfe/\x80.jpg");
  const FolderScan found = scan();
  ASSERT_EQ(found.identities.size(), 1u);
  EXPECT_EQ(found.identities[0].name, "\xff\xfe");
  EXPECT_EQ(found.identities[0].images, (Names{"\x80.jpg"}));
}

TEST_F(FolderScanTest, CountsWhatIsNoImageAndIgnoresWhatIsHidden) {
  for (const char* file : {"a/1.jpg", "a/notes.txt", "a/deeper/2.jpg", "a/._1.jpg", ".git/1.jpg", "loose.png",
                           "list.txt", "manifest.jsonl"}) {
    write(file);
  }
  fs::create_directory(folder_ / "empty");
  ASSERT_EQ(::mkfifo(path("a/pipe.jpg").c_str(), 0600), 0);  // reading it would block forever
  const FolderScan found = scan();
  ASSERT_EQ(found.identities.size(), 2u);
  EXPECT_EQ(identity(found, "a").images, (Names{"1.jpg"}));
  EXPECT_EQ(identity(found, "a").other_files, 2);
  EXPECT_EQ(identity(found, "a").nested_folders, 1);
  EXPECT_TRUE(identity(found, "empty").images.empty());
  EXPECT_EQ(found.loose_images, 1);
  EXPECT_EQ(found.other_files, 1);
}

TEST_F(FolderScanTest, FollowsLinksOfFoldersAndOfFiles) {
  write("elsewhere/ada/1.jpg");
  write("elsewhere/2.jpg");
  write("root/bob/1.jpg");
  fs::create_directory_symlink(folder_ / "elsewhere/ada", folder_ / "root/ada");
  fs::create_symlink(folder_ / "elsewhere/2.jpg", folder_ / "root/bob/2.jpg");
  const FolderScan found = scan_folder(path("root"), {}, long_after());
  ASSERT_EQ(found.identities.size(), 2u);
  EXPECT_EQ(identity(found, "ada").images, (Names{"1.jpg"}));
  EXPECT_EQ(identity(found, "bob").images, (Names{"1.jpg", "2.jpg"}));
}

TEST_F(FolderScanTest, IsNotTrappedByLoopsAndBrokenLinks) {
  write("a/1.jpg");
  fs::create_directory_symlink(folder_, folder_ / "a/up");
  fs::create_directory_symlink(folder_, folder_ / "self");
  fs::create_symlink("round", folder_ / "round");
  fs::create_symlink("missing", folder_ / "broken");
  const FolderScan found = scan();
  ASSERT_EQ(found.identities.size(), 2u);
  EXPECT_EQ(identity(found, "a").nested_folders, 1);
  EXPECT_TRUE(identity(found, "self").images.empty());
  EXPECT_EQ(identity(found, "self").nested_folders, 2);  // a and self, as seen through the link
  EXPECT_EQ(found.other_files, 2);
}

TEST_F(FolderScanTest, KeepsABrokenLinkOfAnImagesNameToBeReportedAsABadImage) {
  write("a/1.jpg");
  fs::create_symlink("missing", folder_ / "a/2.jpg");
  EXPECT_EQ(identity(scan(), "a").images, (Names{"1.jpg", "2.jpg"}));
}

TEST_F(FolderScanTest, ReadsOnlyFoldersThatHaveChanged) {
  write("a/1.jpg");
  write("b/1.jpg");
  write("c/1.jpg");
  const FolderScan first = scan();
  EXPECT_EQ(first.folders_read, 3);
  const FolderScan second = scan(first);
  EXPECT_EQ(second.folders_read, 0);
  EXPECT_EQ(second.num_images(), 3);

  // A new modification time, whatever the granularity of the clock.
  write("b/2.jpg");
  fs::last_write_time(folder_ / "b", fs::file_time_type::clock::now() + std::chrono::hours(1));
  fs::remove_all(folder_ / "c");
  write("d/1.jpg");
  const FolderScan third = scan(second);
  EXPECT_EQ(third.folders_read, 2);  // b and d
  ASSERT_EQ(third.identities.size(), 3u);
  EXPECT_EQ(identity(third, "b").images, (Names{"1.jpg", "2.jpg"}));
  EXPECT_EQ(identity(third, "d").images, (Names{"1.jpg"}));
}

TEST_F(FolderScanTest, ReadsAgainAFolderThatWasReplacedByAnotherOfTheSameTime) {
  write("a/1.jpg");
  write("other/2.jpg");
  const auto time = fs::last_write_time(folder_ / "a");
  const FolderScan first = scan();
  fs::rename(folder_ / "a", folder_ / "old");
  fs::rename(folder_ / "other", folder_ / "a");
  fs::last_write_time(folder_ / "a", time);
  EXPECT_EQ(identity(scan(first), "a").images, (Names{"2.jpg"}));
}

TEST_F(FolderScanTest, DoesNotTrustAFolderThatChangedJustBeforeTheScan) {
  write("a/1.jpg");
  const auto modified = identity(scan(), "a").stamp.modified_ns;
  const FolderScan hasty = scan_folder(folder_.native(), {}, modified + 1'000'000'000);
  EXPECT_EQ(scan(hasty).folders_read, 1);
  const FolderScan settled = scan_folder(folder_.native(), {}, modified + 60'000'000'000);
  EXPECT_EQ(scan(settled).folders_read, 0);
}

TEST_F(FolderScanTest, NamesAFolderThatCannotBeRead) {
  EXPECT_EQ(message_of<Error>([&] { scan_folder(path("missing"), {}, long_after()); }),
            "cannot read the folder " + path("missing") + ": No such file or directory");
}

// Root may read everything, so a process that is not root makes the attempt.
TEST_F(FolderScanTest, LeavesOutAFolderThatCannotBeReadAndSaysSo) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        write("ann/1.jpg", "x");
        write("locked/1.jpg", "x");
        fs::permissions(folder_, fs::perms::all);
        fs::permissions(path("locked"), fs::perms::none);
        if (::geteuid() == 0 && ::seteuid(65534) != 0) ::_exit(3);
        const FolderScan found = scan();
        if (found.unreadable.size() == 1) std::fputs(found.unreadable[0].c_str(), stderr);
        ::_exit(found.num_images() == 1 ? 0 : 4);
      },
      testing::ExitedWithCode(0), "cannot read the folder .*locked: Permission denied");
}

}  // namespace
}  // namespace massface
