#include "pipeline/image_sizes.h"

#include <gtest/gtest.h>

#include <map>

#include "core/error.h"
#include "core/testing_text.h"
#include "image/encode.h"
#include "sampling/testing_dataset.h"

namespace massface {
namespace {

std::vector<uint8_t> png_of(int64_t height, int64_t width) {
  return encode_png(
      {.height = height, .width = width, .pixels = std::vector<uint8_t>(static_cast<size_t>(height * width * 3), 9)});
}

// Images of 4 x 6 pixels, except those that are set.
class SizedDataset : public TestingDataset {
 public:
  using TestingDataset::TestingDataset;
  std::vector<uint8_t> read_bytes(ImageIndex image) const override {
    const auto found = others.find(image);
    return found == others.end() ? usual_ : found->second;
  }
  std::map<ImageIndex, std::vector<uint8_t>> others;

 private:
  std::vector<uint8_t> usual_ = png_of(4, 6);
};

class ImageSizes : public testing::Test {
 protected:
  std::string complaint(int64_t height, int64_t width, OtherSize other_size = OtherSize::kError) {
    return message_of<Error>([&] { require_image_sizes(dataset, height, width, other_size, 3); });
  }

  SizedDataset dataset{{2500, 2500}};
};

TEST_F(ImageSizes, OneOfThousandsIsFoundByItsHeader) {
  EXPECT_NO_THROW(require_image_sizes(dataset, 4, 6, OtherSize::kError, 3));
  dataset.others[4321] = png_of(4, 5);
  dataset.others[4700] = png_of(9, 9);
  EXPECT_TRUE(has(complaint(4, 6), dataset.image_name(4321) + ": 5 x 4 pixels")) << complaint(4, 6);
  EXPECT_NO_THROW(require_image_sizes(dataset, 4, 6, OtherSize::kResize, 3));
}

TEST_F(ImageSizes, MayBeLargerIfTheMiddleIsCropped) {
  EXPECT_NO_THROW(require_image_sizes(dataset, 4, 4, OtherSize::kCenterCrop, 3));
  EXPECT_TRUE(has(complaint(5, 4, OtherSize::kCenterCrop), "too small to crop"));
}

TEST_F(ImageSizes, OfDamagedImagesAreNotJudged) {
  auto damaged = png_of(4, 6);
  damaged[19] ^= 1;  // the width, which the header's checksum covers
  dataset.others[0] = damaged;
  dataset.others[1] = std::vector<uint8_t>();
  EXPECT_NO_THROW(require_image_sizes(dataset, 4, 6, OtherSize::kError, 3));
}

}  // namespace
}  // namespace massface
