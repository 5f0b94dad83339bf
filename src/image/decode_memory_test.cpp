#include <gtest/gtest.h>
#include <sys/resource.h>

#include <filesystem>
#include <fstream>

#include "core/testing_folder.h"
#include "image/decode.h"
#include "image/encode.h"
#include "image/image_file.h"
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

// Limits this process to the memory that it has and `bytes` more.
class MemoryLimit {
 public:
  explicit MemoryLimit(rlim_t bytes) {
    getrlimit(RLIMIT_AS, &before_);
    std::ifstream statm("/proc/self/statm");
    rlim_t pages = 0;
    statm >> pages;
    const rlimit limited{.rlim_cur = pages * 4096 + bytes, .rlim_max = before_.rlim_max};
    setrlimit(RLIMIT_AS, &limited);
  }
  ~MemoryLimit() { setrlimit(RLIMIT_AS, &before_); }

 private:
  rlimit before_{};
};

TEST(DecodeMemory, ThatDoesNotSufficeIsAFaultOfTheImage) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "the address sanitizer ends the process when memory is short";
#endif
  const auto png = encode_png(sample::gradient(4000, 4000));  // 48 MB of pixels
  ImageDecoder decoder;
  const MemoryLimit limit(20 << 20);
  EXPECT_THROW(decoder.decode(png), TooLargeImage);
  EXPECT_EQ(decoder.decode(encode_png(sample::gradient(8, 8))).width, 8) << "the decoder goes on";
}

class ImageFile : public TestingFolder {};

TEST_F(ImageFile, IsRefusedByItsFirstBytesHoweverLargeItIs) {
  const std::string film = write("film.jpg", std::string("\0\0\0\x18"
                                                         "ftypmp42",
                                                         12));
  std::filesystem::resize_file(film, uintmax_t{1} << 36);  // 64 GB that take no space
  EXPECT_THROW(require_image_file(film), BadImage);
  EXPECT_THROW(read_image_file(film), BadImage);
  const auto png = encode_png(sample::gradient(4, 4));
  const std::string good = write("a", std::string(png.begin(), png.end()));
  EXPECT_NO_THROW(require_image_file(good));
  EXPECT_EQ(read_image_file(good), png);
  EXPECT_THROW(require_image_file(write("empty")), BadImage);
  EXPECT_THROW(require_image_file(path("none")), Error);
}

}  // namespace
}  // namespace massface
