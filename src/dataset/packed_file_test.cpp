#include "dataset/packed_file.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "core/error.h"
#include "core/files.h"
#include "core/testing_places.h"
#include "dataset/testing_packed.h"
#include "image/decode.h"

namespace massface {
namespace {

namespace fs = std::filesystem;

struct PackedFileTest : TestingFolder {
  // Writes four images of two people.
  void write_set() {
    PackedWriter writer(path("faces.mfp"), false);
    writer.begin_identity("ada");
    writer.add_image("1.png", encode_png(sample::gradient(4, 6)));
    writer.add_image("2.jpg", encode_jpeg(sample::gradient(8, 8), 80));
    writer.begin_identity("bob");
    writer.add_image("0.png", encode_png(sample::uniform(2, 2, 9, 8, 7)));
    writer.add_image("1.png", encode_png(sample::uniform(1, 1, 1, 2, 3)));
    header = writer.finish();
    good = read_file(path("faces.mfp"));
  }
  std::string error_of(const Bytes& bytes) {
    write("other.mfp", text_of(bytes));
    return message_of<Error>([&] { PackedFile{path("other.mfp")}; });
  }
  // The error for the same bytes with matching checksums.
  std::string error_of_signed(Bytes bytes) {
    sign_packed(bytes);
    return error_of(bytes);
  }
  template <typename Number>
  Bytes with(uint64_t offset, Number number) {
    Bytes bytes = good;
    std::memcpy(bytes.data() + offset, &number, sizeof(number));
    return bytes;
  }
  uint64_t start_of(PackedSection section) const { return header.sections[section].offset; }

  PackedHeader header;
  Bytes good;
};

// src/dataset/packed_sample.mfp was written by another program, a page of Python based on docs/formats/packed.md.
TEST_F(PackedFileTest, ReadsAndWritesWhatAnotherProgramWrote) {
  const fs::path sample = source_root() / "src/dataset/packed_sample.mfp";
  const PackedFile file(sample);
  ASSERT_EQ(file.size(), 3);
  ASSERT_EQ(file.num_identities(), 2);
  EXPECT_EQ(file.identity_name(0), "ada");
  EXPECT_EQ(file.identity_name(1), "bob");
  EXPECT_EQ(file.identity_of_image(), (std::vector<IdentityIndex>{0, 0, 1}));
  EXPECT_EQ(file.file_name(1), "2.png");
  EXPECT_EQ(file.image_name(2), sample.native() + ":bob/1.jpg");
  const Image image = ImageDecoder().decode(file.read_bytes(0));
  EXPECT_EQ(image.height, 2);
  EXPECT_EQ(image.width, 3);
  EXPECT_EQ(Bytes(image.pixels.begin(), image.pixels.begin() + 3), (Bytes{10, 20, 30}));
  EXPECT_EQ(ImageDecoder().decode(file.read_bytes(2)).pixels, (Bytes{10, 20, 30, 40, 50, 60}));
  EXPECT_TRUE(look_at_everything(file).damage.empty());

  PackedWriter writer(path("again.mfp"), false);
  for (IdentityIndex identity = 0; identity < 2; ++identity) {
    writer.begin_identity(file.identity_name(identity));
    for (ImageIndex i = file.first_image_of(identity); i < file.first_image_of(identity) + file.num_images_of(identity);
         ++i) {
      writer.add_image(file.file_name(i), file.read_bytes(i));
    }
  }
  writer.finish();
  EXPECT_EQ(read_file(path("again.mfp")), read_file(sample));
}

TEST_F(PackedFileTest, HandsOutItsBytesWithoutACopy) {
  write_set();
  const PackedFile file(path("faces.mfp"));
  Bytes unused;
  const auto once = file.view_bytes(1, unused), again = file.view_bytes(1, unused);
  EXPECT_EQ(once.data(), again.data());
  EXPECT_TRUE(unused.empty());
  EXPECT_EQ(Bytes(once.begin(), once.end()), encode_jpeg(sample::gradient(8, 8), 80));
}

TEST_F(PackedFileTest, IsNotThereUntilItIsFinished) {
  {
    PackedWriter writer(path("faces.mfp"), false);
    writer.begin_identity("ada");
    writer.add_image("1.jpg", Bytes{1});
    EXPECT_FALSE(fs::exists(path("faces.mfp")));
  }
  EXPECT_TRUE(fs::is_empty(folder_));
}

TEST_F(PackedFileTest, KnowsItsSizeBeforeItIsFinished) {
  PackedWriter writer(path("faces.mfp"), false);
  writer.begin_identity("ada");
  for (int i = 0; i < 100; ++i) writer.add_image("1.jpg", Bytes(1000));
  const uint64_t expected = writer.bytes();
  const uint64_t size = writer.finish().file_bytes;
  EXPECT_EQ(fs::file_size(path("faces.mfp")), size);
  EXPECT_GE(expected, size);
  EXPECT_LE(expected, size + 500);
}

TEST_F(PackedFileTest, SaysWhatElseAFileIs) {
  const std::string name = path("other.mfp");
  EXPECT_EQ(error_of({}), name + ": not a packed set (0 bytes). `massface pack` makes one");
  EXPECT_EQ(error_of({'<', 'h'}), name + ": not a packed set (first bytes 3c 68). `massface pack` makes one");
  write_set();
  const std::string size = std::to_string(good.size());
  EXPECT_EQ(error_of({good.begin(), good.begin() + 100}),
            name + ": truncated: 100 bytes, but the header alone takes 256");
  EXPECT_EQ(error_of({good.begin(), good.end() - 1}),
            name + ": truncated: " + std::to_string(good.size() - 1) + " bytes of the " + size + " that were written");
  EXPECT_NE(error_of(with<uint8_t>(30, 1)).find("a byte of the header, 0 to 255, is not what was written"),
            std::string::npos);
  EXPECT_EQ(error_of_signed(with<uint32_t>(8, 2)),
            name + ": version 2 of the format, but this program reads version 1");
  EXPECT_EQ(error_of_signed(with<uint32_t>(12, 6)), name + ": flags 6 are set that this program does not know");
  EXPECT_EQ(error_of_signed(with<uint64_t>(24, uint64_t{1} << 40)),
            name + ": damaged header: 1099511627776 images of 2 identities");
  EXPECT_NE(error_of_signed(with<uint64_t>(24, 5)).find("damaged header: the image table cannot be 120 bytes at"),
            std::string::npos);
}

TEST_F(PackedFileTest, RefusesIdentitiesThatCannotBe) {
  write_set();
  const auto complaint = [&](PackedSection section, uint64_t entry, uint64_t value) {
    return error_of_signed(with<uint64_t>(start_of(section) + 8 * entry, value));
  };
  EXPECT_NE(complaint(kFirstImages, 0, 1).find("the first images of its identities do not ascend"), std::string::npos);
  EXPECT_NE(complaint(kFirstImages, 1, 4).find("the first images of its identities do not ascend"), std::string::npos);
  EXPECT_NE(complaint(kFirstImages, 2, 5).find("the first images of its identities do not ascend"), std::string::npos);
  EXPECT_NE(complaint(kIdentityNameStarts, 1, 7).find("do not follow one another"), std::string::npos);
  EXPECT_NE(
      error_of_signed(with<char>(start_of(kIdentityNames) + 3, 'A')).find("the name of identity 1, Aob, does not come"),
      std::string::npos);
}

TEST_F(PackedFileTest, NamesTheDamagedImageAndItsBytes) {
  write_set();
  write("faces.mfp", text_of(with<uint8_t>(256 + 20, 0xAA)));
  const PackedFile file(path("faces.mfp"));
  const uint64_t end = 256 + encode_png(sample::gradient(4, 6)).size();
  EXPECT_EQ(message_of<DamagedImage>([&] { file.read_bytes(0); }),
            "damaged: one of the bytes 256 to " + std::to_string(end - 1) + " of " + path("faces.mfp") +
                " (image 0 (ada/1.png)) is not what was written");
  EXPECT_EQ(file.read_bytes(3), encode_png(sample::uniform(1, 1, 1, 2, 3)));
  const DatasetSummary summary = inspect_dataset(file, true, 2);
  ASSERT_EQ(summary.damage.size(), 1u);
  EXPECT_EQ(summary.damage[0].first, 256u);
  EXPECT_EQ(summary.damage[0].end, end);
  ASSERT_EQ(summary.unreadable.size(), 1u);
  EXPECT_EQ(summary.unreadable[0].image, 0);
}

TEST_F(PackedFileTest, BlamesTheEntryWhereTheImageTableIsDamaged) {
  write_set();
  const uint64_t entry = start_of(kImageTable) + 24;
  write("faces.mfp", text_of(with<uint8_t>(entry + 16, 1)));  // in the second image's checksum
  const DatasetSummary summary = inspect_dataset(PackedFile(path("faces.mfp")), true, 1);
  ASSERT_EQ(summary.damage.size(), 2u);
  EXPECT_EQ(summary.damage[0].what, "the image table");
  EXPECT_EQ(summary.damage[1].what, "the image table's entry of image 1 (ada/2.jpg)");
  EXPECT_EQ(summary.damage[1].first, entry);
}

TEST_F(PackedFileTest, FindsEveryFlippedBit) {
  write_set();
  ASSERT_LT(good.size(), 2000u);
  for (size_t at = 0; at < good.size(); ++at) {
    const Bytes flipped = with<uint8_t>(at, good[at] ^ static_cast<uint8_t>(1 << at % 8));
    if (!error_of(flipped).empty()) continue;
    const auto damage = inspect_dataset(PackedFile(path("other.mfp")), true, 1).damage;
    ASSERT_FALSE(damage.empty()) << "byte " << at << " of " << good.size();
    bool is_named = false;
    for (const DamagedBytes& bytes : damage) is_named |= bytes.first <= at && at < bytes.end;
    EXPECT_TRUE(is_named) << "byte " << at << ", but " << to_line(damage.front());
  }
}

TEST_F(PackedFileTest, FindsEveryTruncation) {
  write_set();
  for (size_t size = 0; size < good.size(); ++size) {
    EXPECT_NE(error_of({good.begin(), good.begin() + static_cast<int64_t>(size)}), "") << size;
  }
}

TEST_F(PackedFileTest, IsAnErrorAndNoCrashWhateverTheBytes) {
  write_set();
  int64_t refused = 0, damaged = 0, passed = 0;
  for (uint32_t mutation = 0; mutation < 4000; ++mutation) {
    Bytes bytes = mutated(good, Random(20240511, RandomStream::kAugment, mutation));
    const bool is_signed = mutation % 2 == 0;
    if (is_signed) sign_packed(bytes);
    write("other.mfp", text_of(bytes));
    try {
      const DatasetSummary summary = look_at_everything(PackedFile(path("other.mfp")));
      EXPECT_EQ(summary.images, 4);
      const bool is_found = !summary.damage.empty() || !summary.unreadable.empty();
      EXPECT_TRUE(is_found || is_signed) << mutation;
      ++(is_found ? damaged : passed);
    } catch (const Error&) {
      ++refused;
    }
  }
  // Every outcome must occur often, even the last: a lying writer may write another name or another image.
  EXPECT_GT(refused, 1000);
  EXPECT_GT(damaged, 500);
  EXPECT_GT(passed, 10);
}

// Reading what is gone would end the process with SIGBUS.
TEST_F(PackedFileTest, IsDamagedAndNoCrashIfItIsCutShortWhileItIsOpen) {
  write_set();
  for (const uint64_t bytes_left : {uint64_t{good.size() - 1}, uint64_t{300}, uint64_t{0}}) {
    write("faces.mfp", text_of(good));
    const PackedFile file(path("faces.mfp"));
    fs::resize_file(path("faces.mfp"), bytes_left);
    const auto found = look_at_everything(file);
    EXPECT_FALSE(found.damage.empty());
    EXPECT_EQ(file.identity_name(1), "bob");
    EXPECT_EQ(file.identity_of_image(), (std::vector<IdentityIndex>{0, 0, 1, 1}));
    if (bytes_left == 0) {
      EXPECT_EQ(found.unreadable.size(), 4u);
    }
  }
}

}  // namespace
}  // namespace massface
