#include "align/crop_names.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <set>

#include "align/testing_align_folder.h"
#include "core/random.h"

namespace massface {
namespace {

namespace fs = std::filesystem;
using Names = std::vector<std::string>;

TEST(CropNames, AreThoseOfThePhotographsWhereNothingCollides) {
  EXPECT_EQ(choose_crop_stems({"a/1.jpeg", "a/2.jpg", "b.png"}, ".jpg", true), (Names{"a/1", "a/2", "b"}));
  EXPECT_EQ(choose_crop_stems({"x.jpg", "x_face1.jpg", "x_face02.jpg", "x_face.jpg", "y_face2.jpg"}, ".jpg", true),
            (Names{"x", "x_face1", "x_face02", "x_face", "y_face2"}))
      << "no crop of x has one of these names";
}

TEST(CropNames, KeepAPhotographNamedLikeAFurtherCropApart) {
  EXPECT_EQ(choose_crop_stems({"x.jpg", "x_face2.jpg"}, ".jpg", true), (Names{"x", "x_face2.jpg"}));
  EXPECT_EQ(choose_crop_stems({"x.png", "x_face2.jpg"}, ".jpg", true), (Names{"x.png", "x_face2"}));
  EXPECT_EQ(choose_crop_stems({"x.jpg", "x_face2.jpg"}, ".jpg", false), (Names{"x", "x_face2"}))
      << "one crop each: x_face2.jpg is free";
}

TEST(CropNames, AreUniqueAlsoAmongThoseThatKeepTheirExtension) {
  EXPECT_EQ(choose_crop_stems({"a.jpeg", "a.jpeg.jpg", "a.jpg"}, ".jpg", false), (Names{"a.jpeg_2", "a.jpeg", "a"}));
}

TEST(CropNames, AreNotThoseOfFolders) {
  EXPECT_EQ(choose_crop_stems({"a.jpg/1.jpg", "a.png", "b.png", "b_face3.jpg/1.jpg"}, ".jpg", true),
            (Names{"a.jpg/1", "a.png", "b.png", "b_face3.jpg/1"}));
}

TEST(CropNames, AreNeverTooLongForAFileSystem) {
  const std::string longest = "a/" + std::string(251, 'x');
  const auto stems = choose_crop_stems({longest + ".jpg", longest.substr(0, 252) + "y.jpg", "b.jpg"}, ".jpg", true);
  for (size_t i : {0, 1}) {
    EXPECT_LE(fs::path(crop_stem(stems[i], 120) + ".jpg").filename().native().size(), 255u);
    EXPECT_TRUE(stems[i].starts_with("a/xxx"));
  }
  EXPECT_NE(stems[0], stems[1]);
  EXPECT_EQ(stems[2], "b");
}

// Whatever the photographs are called and however many faces each has, no two crops share a name.
TEST(CropNames, NeverCollide) {
  const Names pieces{"x", "_face2", "_face3", ".jpg", ".png", ".jpeg", "_2", "/"};
  for (uint64_t trial = 0; trial < 3000; ++trial) {
    Random random(1, RandomStream::kIdentityOrder, trial);
    std::set<std::string> photographs;
    for (int i = 0; i < 8; ++i) {
      std::string name = "x";
      for (uint64_t piece = random.below(5); piece > 0; --piece) name += pieces[random.below(pieces.size())];
      if (!name.ends_with('/')) photographs.insert(fs::path(name).lexically_normal().native());
    }
    const Names list(photographs.begin(), photographs.end());
    const auto stems = choose_crop_stems(list, ".jpg", true);
    std::set<std::string> crops, folders;
    for (const std::string& stem : stems) {
      for (size_t i = 0; i < 4; ++i) EXPECT_TRUE(crops.insert(crop_stem(stem, i) + ".jpg").second) << stem;
      for (fs::path f = fs::path(stem).parent_path(); !f.empty(); f = f.parent_path()) folders.insert(f.native());
    }
    for (const std::string& folder : folders) EXPECT_FALSE(crops.contains(folder)) << folder;
  }
}

TEST_F(AlignFolder, OverwritesNoCropOfAPhotographNamedLikeAnothersSecondFace) {
  photograph("in/x.jpg", 120, 230);
  photograph("in/x_face2.jpg", 120, 130);
  AlignmentJob job = this->job();
  job.options.faces = "all";
  const Alignment alignment = align_folder(job);
  EXPECT_EQ(alignment.counts.crops, 3);
  EXPECT_EQ(std::set(alignment.crops.begin(), alignment.crops.end()).size(), 3u);
  for (const fs::path& crop : alignment.crops) EXPECT_TRUE(fs::exists(crop)) << crop;
  EXPECT_EQ(align_folder(job).counts.done_before, 2);
}

TEST_F(AlignFolder, LeavesNoCropThatTheManifestDoesNotList) {
  photograph("in/x.jpg", 120, 330);
  photograph("in/y.jpeg", 120, 130);
  AlignmentJob job = this->job();
  job.options.faces = "all";
  EXPECT_EQ(align_folder(job).counts.crops, 4);
  photograph("in/x.jpg", 120, 130);  // replaced: one face instead of three
  photograph("in/y.jpg", 120, 60);   // takes the name y.jpg and has no face
  EXPECT_EQ(align_folder(job).counts.crops, 2);
  EXPECT_TRUE(fs::exists(path("out/x.jpg")) && fs::exists(path("out/y.jpeg.jpg")));
  for (const char* gone : {"out/x_face2.jpg", "out/x_face3.jpg", "out/y.jpg"}) EXPECT_FALSE(fs::exists(path(gone)));
}

TEST_F(AlignFolder, RemovesNothingOutsideItsFolderWhateverTheManifestSays) {
  photograph("in/x.jpg", 120, 130);
  align_folder(job());
  write("precious.jpg", "x");
  std::string manifest = read_text_file(path("out/manifest.jsonl"));
  const std::string file = "\"file\":\"x.jpg\"";
  manifest.replace(manifest.find(file), file.size(), "\"file\":\"../precious.jpg\"");
  write("out/manifest.jsonl", manifest);
  photograph("in/x.jpg", 120, 60);
  align_folder(job());
  EXPECT_TRUE(fs::exists(path("precious.jpg")));
}

TEST_F(AlignFolder, TellsPhotographsApartWhoseNamesPrintAlike) {
  photograph("in/b\xff.jpg", 120, 130);
  photograph("in/b\\xff.jpg", 120, 60);
  const AlignmentCounts counts = align_folder(job()).counts;
  EXPECT_EQ(counts.aligned, 1);
  EXPECT_EQ(counts.no_face, 1);
  EXPECT_EQ(align_folder(job()).counts.done_before, 2);
}

}  // namespace
}  // namespace massface
