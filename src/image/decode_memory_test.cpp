#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "core/testing_folder.h"
#include "image/decode.h"
#include "image/encode.h"
#include "image/testing_samples.h"

namespace massface {
namespace {

TEST(DecodeMemory, CountsTheCoefficientsOfAProgressiveJpegAndTheWholePng) {
  const Image image = sample::gradient(400, 640);
  const int64_t pixels = 400 * 640;
  const auto memory = ImageDecoder::memory_to_decode_reduced;
  EXPECT_EQ(memory(sample::jpeg(image, sample::kBaseline), 640), 3 * pixels);
  EXPECT_EQ(memory(sample::jpeg(image, sample::kBaseline), 100), 3 * pixels / 16);
  EXPECT_GE(memory(sample::jpeg(image, sample::kProgressive), 100), 3 * pixels / 16 + 6 * pixels);
  EXPECT_EQ(memory(encode_png(image), 100), 7 * pixels);
  EXPECT_GE(memory(sample::webp(image, sample::kLossless), 100), 4 * pixels);
}

class ImageFile : public TestingFolder {};

TEST_F(ImageFile, IsRefusedByItsFirstBytesHoweverLargeItIs) {
  const std::string film = write("film.jpg", std::string("\0\0\0\x18"
                                                         "ftypmp42",
                                                         12));
  std::filesystem::resize_file(film, uintmax_t{1} << 36);  // 64 GB that take no space
  EXPECT_THROW(require_image_file(film), BadImage);
  const auto png = encode_png(sample::gradient(4, 4));
  EXPECT_NO_THROW(require_image_file(write("a", std::string(png.begin(), png.end()))));
  EXPECT_THROW(require_image_file(write("empty")), BadImage);
  EXPECT_THROW(require_image_file(path("none")), Error);
}

}  // namespace
}  // namespace massface
