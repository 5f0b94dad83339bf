#include <gtest/gtest.h>
#include <torch/torch.h>

#include <filesystem>

#include "align/testing_align_folder.h"
#include "align/testing_photographs.h"
#include "image/encode.h"

namespace massface {
namespace {

namespace fs = std::filesystem;

// Runs out of memory on the photographs of one width, as C++ reports it, and of another, as LibTorch does.
class HungryDetector : public PretendingDetector {
 public:
  std::vector<Face> detect(const Image& photograph) const override {
    if (photograph.width == 150) throw std::bad_alloc();
    if (photograph.width == 160) torch::empty({int64_t{1} << 55});
    return PretendingDetector::detect(photograph);
  }
};

TEST_F(AlignFolder, ListsAPhotographThatMemoryDoesNotSufficeForAndDoesTheOthers) {
  for (const int64_t width : {140, 150, 160, 170}) photograph(fmt::format("in/{}.jpg", width), 120, width);
  const HungryDetector hungry;
  AlignmentJob job = this->job();
  job.detector = &hungry;
  const AlignmentCounts counts = align_folder(job).counts;
  EXPECT_EQ(counts.aligned, 2);
  EXPECT_EQ(counts.too_large, 2);
  EXPECT_EQ(lines().at("150.jpg")["decision"], "too_large");
  EXPECT_EQ(lines().at("160.jpg")["reason"], "there was not enough memory for it");
  const AlignmentCounts again = align_folder(this->job()).counts;
  EXPECT_EQ(again.done_before, 2);
  EXPECT_EQ(again.aligned, 4);
}

TEST_F(AlignFolder, ReadsNoFilmAndRefusesWhatItsMemoryDoesNotHold) {
  photograph("in/good.jpg", 120, 130);
  write("in/film.mp4", std::string("\0\0\0\x18"
                                   "ftypmp42",
                                   12));
  fs::resize_file(path("in/film.mp4"), uintmax_t{1} << 36);  // 64 GB that take no space
  photograph("in/padded.jpg", 120, 130);
  fs::resize_file(path("in/padded.jpg"), uintmax_t{1} << 36);
  const auto png = encode_png(smooth_photograph(5000, 5000));
  write("in/large.png", std::string(png.begin(), png.end()));
  AlignmentJob job = this->job();
  job.memory_bytes = int64_t{130} << 20;  // the PNG takes 175 MB
  const AlignmentCounts counts = align_folder(job).counts;
  EXPECT_EQ(counts.aligned, 1);
  EXPECT_EQ(counts.bad_images, 1);
  EXPECT_EQ(counts.too_large, 2);
  EXPECT_NE(lines().at("large.png")["reason"].get<std::string>().find("--memory-mb"), std::string::npos);
  job.memory_bytes = int64_t{1} << 30;
  EXPECT_EQ(align_folder(job).counts.too_large, 1) << "the PNG is done with more memory";
  EXPECT_EQ(lines().at("large.png")["width"], 5000);
}

}  // namespace
}  // namespace massface
