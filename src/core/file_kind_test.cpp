#include "core/file_kind.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "core/random.h"

namespace massface {
namespace {

using namespace std::string_literals;

FileKind kind_of(const std::string& text) { return kind_of_file(std::vector<uint8_t>(text.begin(), text.end())); }

TEST(FileKind, IsToldByTheFirstBytes) {
  const std::map<std::string, std::vector<std::string>> expected{
      {"a HEIC photograph",
       {"\0\0\0\x24"
        "ftypheic\0\0\0\0mif1heic"s,
        "\0\0\0\x18"
        "ftypmif1"s}},
      {"an AVIF image",
       {"\0\0\0\x1C"
        "ftypavif\0\0\0\0"s}},
      {"a film (MP4 or QuickTime)",
       {"\0\0\0\x18"
        "ftypmp42"s,
        "\0\0\0\x14"
        "ftypqt  "s,
        "\0\0\0\x18"
        "ftypisom"s}},
      {"a film (AVI)", {"RIFF\x24\0\0\0AVI LIST"s}},
      {"a film (Matroska or WebM)", {"\x1A\x45\xDF\xA3\x01"s}},
      {"a gallery (massface gallery), or another SQLite database", {"SQLite format 3\0\x10\0"s}},
      {"a GIF image", {"GIF89a\1\0\1\0"s, "GIF87a"s}},
      {"a TIFF image or a camera's raw file", {"II*\0\x08\0\0\0"s, "MM\0*\0\0\0\x08"s}},
      {"a BMP image", {"BM\x46\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0"s}},
      {"an HTML page", {"<!DOCTYPE html>"s, "<html><head>"s, "\xEF\xBB\xBF\n\n <HTML lang"s, "<!doctype HTML"s}},
      {"a git-LFS pointer, not the file itself", {"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\n"s}},
      {"a document of Windows (such as Thumbs.db)", {"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"s}},
      {"a ZIP archive or a PyTorch checkpoint", {"PK\x03\x04\x14\0"s}},
      {"a PyTorch checkpoint", {"\x80\x02\x8A\x0A\x6C\xFC\x9C\x46\xF9\x20"s}},
      {"an ONNX network", {"\x08\x08\x12\x07pytorch\x1A\x03"s, "\x08\x07\x12\0:\x04 graph"s}},
      {"a WebP image", {"RIFF\x24\0\0\0WEBPVP8 "s}},
      {"a JPEG", {"\xFF\xD8\xFF\xE0"s}},
  };
  for (const auto& [kind, files] : expected) {
    for (const std::string& file : files) EXPECT_EQ(kind_of(file).name, kind);
  }
}

TEST(FileKind, SaysHowToGetTheFileThatWasMeant) {
  EXPECT_EQ(kind_of("version https://git-lfs.github.com/spec/v1").cure, "fetch it with: git lfs pull");
  EXPECT_NE(kind_of("<html>").cure, "");
}

TEST(FileKind, IsASentenceOfAMessage) {
  const std::string page = "<html>";
  EXPECT_EQ(kind_sentence(std::vector<uint8_t>(page.begin(), page.end())),
            " It is an HTML page; probably what a server answered instead of the file; download it again.");
  EXPECT_EQ(kind_sentence({}), "");
}

TEST(FileKind, IsNotGuessed) {
  for (const std::string& file : {""s, "a"s, "BMW drives in the rain, again"s, "some text"s, "{}"s, "\0\0\0\0"s, "<"s,
                                  "II"s, "RIFFabcdWAVE"s, "12345678WEBP"s, "\x08\x08\x12\x40"s}) {
    EXPECT_EQ(kind_of(file).name, "") << file;
  }
}

TEST(FileKind, IsFoundInAnyBytesWithoutHarm) {
  constexpr std::string_view kBytes("BMRIFf<! \xEF\xBB\xBFtyp\0\x08\x12", 18);
  for (uint64_t trial = 0; trial < 2000; ++trial) {
    Random random(7, RandomStream::kAugment, trial);
    std::vector<uint8_t> bytes(random.below(40));
    for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(kBytes[random.below(kBytes.size())]);
    kind_of_file(bytes);
  }
}

}  // namespace
}  // namespace massface
