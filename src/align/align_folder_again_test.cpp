#include <gtest/gtest.h>
#include <sys/stat.h>

#include "align/photograph_list.h"
#include "align/testing_align_folder.h"
#include "core/error.h"
#include "core/file_lock.h"

namespace massface {
namespace {

namespace fs = std::filesystem;

std::string refusal(const AlignmentJob& job) {
  return message_of<Error>([&] { align_folder(job); });
}

TEST_F(AlignFolder, ReplacesNoPhotographThroughALinkOrFromBelow) {
  photograph("in/a/x.jpg", 120, 130);
  photograph("in/a/a/x.jpg", 120, 130);
  const std::string before = read_text_file(path("in/a/x.jpg"));
  fs::create_directory_symlink(path("in"), path("link"));
  AlignmentJob job = this->job();
  for (const char* destination : {"in", "link", "link/new", "in/a/new"}) {
    job.destination = path(destination);
    EXPECT_NE(refusal(job).find("lies within the source"), std::string::npos) << destination;
  }
  job.source = path("in/a");
  for (const char* destination : {"in", "link"}) {
    job.destination = path(destination);
    EXPECT_NE(refusal(job).find("lies within the destination"), std::string::npos) << destination;
  }
  EXPECT_EQ(read_text_file(path("in/a/x.jpg")), before);
}

TEST_F(AlignFolder, EntersNoFolderTwice) {
  photograph("in/a/1.jpg", 120, 130);
  fs::create_directory_symlink(path("in"), path("in/a/loop"));
  fs::create_directory(path("out"));
  fs::create_directory_symlink(path("out"), path("in/crops"));
  align_folder(job());
  EXPECT_EQ(align_folder(job()).counts.photographs, 1);
}

TEST_F(AlignFolder, ListsLinksToNothingAndPipesAsUnreadable) {
  photograph("in/a.jpg", 120, 130);
  fs::create_symlink(path("in/gone.jpg"), path("in/b.jpg"));
  ASSERT_EQ(::mkfifo(path("in/c.jpg").c_str(), 0600), 0);
  const auto counts = align_folder(job()).counts;
  EXPECT_EQ(counts.photographs, 3);
  EXPECT_EQ(counts.bad_images, 2);
  const std::string manifest = read_text_file(path("out/manifest.jsonl"));
  EXPECT_NE(manifest.find("No such file"), std::string::npos) << manifest;
  EXPECT_NE(manifest.find("a pipe or a device, not a file"), std::string::npos) << manifest;
  EXPECT_EQ(manifest.find("\"bytes\":-1"), std::string::npos) << manifest;
}

TEST_F(AlignFolder, AlignsAPhotographAnewThatIsAnotherFileNow) {
  photograph("in/a.jpg", 120, 130);
  photograph("in/b.jpg", 120, 130);
  align_folder(job());
  photograph("in/a.jpg", 120, 130, /*quality=*/50);  // another size
  EXPECT_EQ(align_folder(job()).counts.done_before, 1);
  fs::last_write_time(path("in/b.jpg"), fs::last_write_time(path("in/b.jpg")) + std::chrono::seconds(1));
  EXPECT_EQ(align_folder(job()).counts.done_before, 1);
  EXPECT_EQ(align_folder(job()).counts.done_before, 2);
}

TEST_F(AlignFolder, KeepsTheLineOfAPhotographThatWasRemovedAndCountsItNot) {
  photograph("in/a.jpg", 120, 130);
  photograph("in/b.jpg", 120, 130);
  align_folder(job());
  fs::remove(path("in/a.jpg"));
  const Alignment again = align_folder(job());
  EXPECT_EQ(again.counts.photographs, 1);
  EXPECT_EQ(again.crops, std::vector<fs::path>{path("out/b.jpg")});
  EXPECT_TRUE(lines().contains("a.jpg"));
}

TEST_F(AlignFolder, ContinuesNoManifestOfAnotherDetectorOrLandmarkFile) {
  photograph("in/a.jpg", 120, 130);
  AlignmentJob job = this->job();
  job.faces_from = "mtcnn 1";
  align_folder(job);
  job.faces_from = "landmarks 2";
  EXPECT_NE(refusal(job).find("was made with other options"), std::string::npos);
}

TEST_F(AlignFolder, TakesNoFolderOfOtherThings) {
  photograph("in/a.jpg", 120, 130);
  write("out/a.jpg", "precious");
  EXPECT_NE(refusal(job()).find("is not empty"), std::string::npos);
  EXPECT_EQ(read_text_file(path("out/a.jpg")), "precious");
}

TEST_F(AlignFolder, BeginsAgainWhereItWasKilledWhileItWroteItsManifest) {
  photograph("in/a.jpg", 120, 130);
  write("out/manifest.jsonl.partial", "{\"for");
  EXPECT_EQ(align_folder(job()).counts.aligned, 1);
  EXPECT_FALSE(fs::exists(path("out/manifest.jsonl.partial")));
}

TEST_F(AlignFolder, LetsNoSecondProcessIntoItsFolder) {
  photograph("in/a.jpg", 120, 130);
  align_folder(job());
  {
    const FileLock other(path("out"), "");
    EXPECT_NE(refusal(job()).find("another massface align is working"), std::string::npos);
  }
  EXPECT_EQ(align_folder(job()).counts.done_before, 1);
}

TEST_F(AlignFolder, ListsLandmarksThatCannotBeThoseOfThePhotograph) {
  for (const char* name : {"in/far.jpg", "in/point.jpg", "in/good.jpg"}) photograph(name, 240, 240);
  std::map<std::string, FivePoints> landmarks;
  landmarks["far.jpg"] = landmarks["good.jpg"] = template_points(112, 112);
  for (Point& p : landmarks["far.jpg"]) p.x -= 5000;
  landmarks["point.jpg"].fill({50, 50});
  AlignmentJob given = job();
  given.detector = nullptr;
  given.landmarks = &landmarks;
  const AlignmentCounts counts = align_folder(given).counts;
  EXPECT_EQ(counts.bad_landmarks, 2);
  EXPECT_EQ(counts.aligned, 1);
  EXPECT_EQ(lines().at("far.jpg")["decision"], "bad_landmarks");
  EXPECT_EQ(lines().at("point.jpg")["reason"], "the given landmarks are all in one place");
  EXPECT_FALSE(fs::exists(path("out/far.jpg")));
}

}  // namespace
}  // namespace massface
