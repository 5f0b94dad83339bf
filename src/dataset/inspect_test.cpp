#include "dataset/inspect.h"

#include <cstdlib>

#include "core/testing_folder.h"
#include "core/testing_places.h"
#include "image/encode.h"
#include "image/testing_webp.h"

namespace massface {
namespace {

namespace fs = std::filesystem;

std::string text(const std::vector<uint8_t>& bytes) { return {bytes.begin(), bytes.end()}; }
std::string jpeg(int64_t height, int64_t width) {
  return text(encode_jpeg({height, width, std::vector<uint8_t>(static_cast<size_t>(height * width * 3), 90)}, 90));
}
std::string png(int64_t height, int64_t width) {
  return text(encode_png({height, width, std::vector<uint8_t>(static_cast<size_t>(height * width * 3), 90)}));
}

struct InspectTest : TestingFolder {
  DatasetSummary inspect(bool read_images = true, int64_t threads = 2) {
    return inspect_dataset(*open_dataset(folder_.native()), read_images, threads);
  }
  // Empty files.
  void write_identity(const std::string& name, int64_t images) {
    for (int64_t i = 0; i < images; ++i) write(name + "/" + std::to_string(i) + ".jpg");
  }
};

TEST_F(InspectTest, CountsTheImagesOfIdentities) {
  write_identity("a", 1);
  write_identity("b", 2);
  write_identity("c", 2);
  write_identity("d", 7);
  write_identity("e", 25);
  write_identity("f", 11);
  const auto summary = inspect(/*read_images=*/false);
  EXPECT_EQ(summary.identities, 6);
  EXPECT_EQ(summary.images, 48);
  EXPECT_EQ(summary.min_images_per_identity, 1);
  EXPECT_EQ(summary.max_images_per_identity, 25);
  EXPECT_EQ(summary.median_images_per_identity, 4.5);  // between 2 and 7
  EXPECT_EQ(summary.mean_images_per_identity, 8);
  EXPECT_FALSE(summary.images_were_read);
  EXPECT_TRUE(summary.unreadable.empty());
  EXPECT_EQ(summary_table(summary),
            "identities            6\n"
            "images                48\n"
            "images per identity   1 to 25, median 4.5, mean 8.0\n"
            "\n"
            "images per identity     identities        images\n"
            "1                                1             1  ####################\n"
            "2                                2             4  ########################################\n"
            "3 to 4                           0             0\n"
            "5 to 9                           1             7  ####################\n"
            "10 to 19                         1            11  ####################\n"
            "20 to 25                         1            25  ####################\n");
}

TEST_F(InspectTest, ListsFormatsSizesAndUnreadableImagesWithTheReason) {
  write("ada/1.jpg", jpeg(4, 6));
  write("ada/2.jpg", jpeg(4, 6));
  write("ada/3.jpg", png(4, 6));  // recognised by its content
  write("bob/1.png", png(8, 2));
  write("bob/1.webp", text(smallest_webp()));
  write("bob/2.jpg", "text");
  write("bob/3.jpg");
  const std::string whole = jpeg(64, 64);
  write("bob/\xff.jpg", whole.substr(0, whole.size() / 2));
  fs::create_symlink("missing", folder_ / "bob/4.jpg");
  write("notes.txt");
  const auto summary = inspect();
  EXPECT_EQ(summary.jpeg_images, 2);
  EXPECT_EQ(summary.png_images, 2);
  EXPECT_EQ(summary.webp_images, 1);
  ASSERT_EQ(summary.sizes.size(), 3u);
  EXPECT_EQ(summary.sizes[0].width, 6);
  EXPECT_EQ(summary.sizes[0].height, 4);
  EXPECT_EQ(summary.sizes[0].images, 3);
  ASSERT_EQ(summary.unreadable.size(), 4u);
  EXPECT_EQ(summary.unreadable[0].name, path("bob/2.jpg"));
  EXPECT_EQ(summary.unreadable[0].reason, "not a JPEG, PNG or WebP (first bytes 74 65 78 74)");
  EXPECT_EQ(summary.unreadable[1].name, path("bob/3.jpg"));
  EXPECT_EQ(summary.unreadable[2].name, path("bob/4.jpg"));
  EXPECT_EQ(summary.unreadable[3].name, path("bob/\xff.jpg"));

  const std::string table = summary_table(summary, /*most_listed=*/3);
  const std::string begin = table.substr(table.find("\nJPEG"));
  EXPECT_EQ(begin,
            "\nJPEG                  2\n"
            "PNG                   2\n"
            "WebP                  1\n"
            "6 x 4 pixels          3\n"
            "1 x 1 pixels          1\n"
            "2 x 8 pixels          1\n"
            "unreadable            4\n"
            "  " +
                path("bob/2.jpg") +
                ": not a JPEG, PNG or WebP (first bytes 74 65 78 74)\n"
                "  " +
                path("bob/3.jpg") +
                ": empty (0 bytes)\n"
                "  cannot read " +
                path("bob/4.jpg") +
                ": No such file or directory\n"
                "  and 1 more (--json lists all)\n"
                "equal, one person     1\n"
                "equal, several people 0\n"
                "  " +
                path("ada/1.jpg") + " = " + path("ada/2.jpg") + "\n");
  EXPECT_NE(table.find("left out              " + folder_.native() + ": 1 files not named"), std::string::npos);
}

// A file under two people teaches the network that they are two and one; nothing else would tell.
TEST_F(InspectTest, CountsImagesWithEqualBytesWithinAndAcrossPeople) {
  const std::string shared = jpeg(4, 4), copied = jpeg(4, 5);
  for (const char* name : {"ada/1.jpg", "ada/2.jpg", "bob/9.jpg", "cyd/1.jpg"}) write(name, shared);
  for (const char* name : {"dan/1.jpg", "dan/2.jpg", "dan/3.jpg"}) write(name, copied);
  write("dan/4.jpg", jpeg(4, 6));
  for (const char* name : {"eve/1.jpg", "eve/2.jpg", "fay/1.jpg"}) write(name);  // unreadable, and counted as that
  const EqualImageCounts equal = inspect().equal;
  EXPECT_EQ(equal.repeats_within_people, 3);  // ada/2, dan/2, dan/3
  EXPECT_EQ(equal.images_across_people, 4);
  EXPECT_EQ(equal.people_across, 3);
  ASSERT_EQ(equal.groups.size(), 2u);
  EXPECT_EQ(equal.groups[0].images, (std::vector<ImageIndex>{0, 1, 2, 3}));
  EXPECT_EQ(equal.groups[0].people, 3);
  EXPECT_EQ(equal.groups[1].images, (std::vector<ImageIndex>{4, 5, 6}));
  EXPECT_EQ(equal.groups[1].names[2], path("dan/3.jpg"));
  EXPECT_NE(summary_table(inspect()).find("equal, several people 4 images of 3 people\n"), std::string::npos);
  EXPECT_EQ(inspect(true, 5).equal.groups[0].images, equal.groups[0].images);
}

TEST_F(InspectTest, FindsTheSameOnAnyNumberOfThreads) {
  for (int i = 0; i < 300; ++i) {
    write("id" + std::to_string(i % 7) + "/" + std::to_string(i) + ".jpg", i % 5 == 0 ? "bad" : jpeg(2 + i % 3, 2));
  }
  const std::string expected = summary_table(inspect(true, 1));
  EXPECT_NE(expected.find("unreadable            60\n"), std::string::npos) << expected;
  for (const int64_t threads : {2, 5}) EXPECT_EQ(summary_table(inspect(true, threads)), expected);
}

TEST_F(InspectTest, OfRealFacesFindsEachOfOneSize) {
  const fs::path data = testing_data();
  if (!fs::exists(data / "lfw-112")) GTEST_SKIP() << "no lfw-112 in " << data << " (set MASSFACE_DATA)";
  const auto summary = inspect_dataset(*open_dataset((data / "lfw-112").native()), true, 2);
  EXPECT_EQ(summary.images, 7701);
  EXPECT_EQ(summary.jpeg_images, 7701);
  EXPECT_TRUE(summary.unreadable.empty());
  ASSERT_EQ(summary.sizes.size(), 1u);
  EXPECT_EQ(summary.sizes[0].width, 112);
  EXPECT_EQ(summary.sizes[0].height, 112);
}

}  // namespace
}  // namespace massface
