#include "dataset/record_dataset.h"

#include <gtest/gtest.h>

#include "core/error.h"
#include "dataset/pack_dataset.h"
#include "dataset/testing_records.h"
#include "image/testing_webp.h"

namespace massface {
namespace {

using Names = std::vector<std::string>;

Bytes jpeg(int64_t width) { return encode_jpeg(sample::gradient(4, width), 80); }

struct RecordDatasetTest : TestingFolder {
  std::string write_set(const TestingRecords& set) {
    write("train.idx", set.index);
    return write("train.rec", text_of(set.records));
  }
  std::shared_ptr<const Dataset> open(const TestingRecords& set) { return open_dataset(write_set(set)); }
  std::string error_of(const TestingRecords& set) {
    return message_of<Error>([&] { open(set); });
  }
  Names identities_of(const Dataset& set) {
    Names names;
    for (IdentityIndex i = 0; i < set.num_identities(); ++i) names.push_back(set.identity_name(i));
    return names;
  }
};

TEST_F(RecordDatasetTest, ReadsPlainRecordsByTheirLabels) {
  TestingRecords set;
  set.add(0, {10}, jpeg(5));
  set.add(1, {2}, jpeg(6));
  set.add(7, {10, 0.5, 0.25}, jpeg(7));  // an array whose first label is the identity's
  set.add(12, {2}, jpeg(8));
  const auto dataset = open(set);
  EXPECT_EQ(identities_of(*dataset), (Names{"02", "10"}));
  EXPECT_EQ(dataset->identity_of_image(), (std::vector<IdentityIndex>{0, 0, 1, 1}));
  EXPECT_EQ(dataset->file_name(0), "01.jpg");
  EXPECT_EQ(dataset->file_name(3), "07.jpg");
  EXPECT_EQ(dataset->image_name(3), path("train.rec") + "[7]");
  EXPECT_EQ(dataset->read_bytes(0), jpeg(6));
  EXPECT_EQ(dataset->read_bytes(1), jpeg(8));
  EXPECT_EQ(dataset->read_bytes(3), jpeg(7));
  EXPECT_EQ(look_at_everything(*dataset).unreadable.size(), 0u);
}

// Their people have the same numbers, and so do their images.
TEST_F(RecordDatasetTest, OfOtherPeopleAreToldApartByTheirPlaces) {
  TestingRecords set, other;
  for (uint64_t key = 0; key < 4; ++key) {
    set.add(key, {static_cast<float>(key % 2)}, jpeg(5));
    other.add(key, {static_cast<float>(key % 2)}, encode_jpeg(sample::gradient(9, 9), 90));
  }
  const auto one = open(set);
  const uint64_t places = one->places_fingerprint(), names = one->fingerprint();
  EXPECT_EQ(open(set)->places_fingerprint(), places);
  EXPECT_EQ(open(other)->fingerprint(), names);
  EXPECT_NE(open(other)->places_fingerprint(), places);
}

TEST_F(RecordDatasetTest, ReadsInsightfacesLayout) {
  const auto dataset = open(insightface_records({{0, {jpeg(5), jpeg(6)}}, {1, {jpeg(7)}}, {2, {jpeg(8), jpeg(9)}}}));
  EXPECT_EQ(identities_of(*dataset), (Names{"0", "1", "2"}));
  EXPECT_EQ(dataset->identity_of_image(), (std::vector<IdentityIndex>{0, 0, 1, 2, 2}));
  for (ImageIndex i = 0; i < 5; ++i) EXPECT_EQ(dataset->read_bytes(i), jpeg(5 + i));
}

TEST_F(RecordDatasetTest, JoinsARecordThatWasCutAtTheMagicNumber) {
  Bytes image = encode_png(sample::uniform(1, 1, 1, 2, 3));
  image.resize((image.size() + 3) / 4 * 4);
  for (int i = 0; i < 2; ++i) image.insert(image.end(), {0x0a, 0x23, 0xd7, 0xce, 1, 2, 3, 4});
  TestingRecords set;
  set.add(1, {0}, image);
  set.add(2, {0}, jpeg(6));
  ASSERT_EQ(set.records[7] >> 5, 1) << "the first of three parts";
  const auto dataset = open(set);
  EXPECT_EQ(dataset->read_bytes(0), image);
  EXPECT_EQ(dataset->read_bytes(1), jpeg(6));
  EXPECT_EQ(dataset->file_name(0), "1.png");
}

TEST_F(RecordDatasetTest, NamesItsImagesByTheFirstOnesFormat) {
  TestingRecords set;
  set.add(1, {0}, smallest_webp());
  EXPECT_EQ(open(set)->file_name(0), "1.webp");
}

TEST_F(RecordDatasetTest, IsPackedAndUnpackedAsAFolder) {
  const auto records = open(insightface_records({{8, {jpeg(5)}}, {11, {jpeg(6), jpeg(7)}}}));
  pack_dataset(*records, path("set.mfp"), {});
  const auto set = open_dataset(path("set.mfp"));
  EXPECT_EQ(set->fingerprint(), records->fingerprint());
  EXPECT_EQ(identities_of(*set), (Names{"08", "11"}));
  EXPECT_EQ(set->file_name(2), "3.jpg");
  EXPECT_EQ(set->read_bytes(2), jpeg(7));
}

TEST_F(RecordDatasetTest, FindsAnImageWhoseLabelIsNotItsRanges) {
  TestingRecords set = insightface_records({{0, {jpeg(5), jpeg(6)}}, {1, {jpeg(7)}}});
  const float label = 1;  // of the second image, after record 0 (8 + 24 + 8 bytes) and the first (8 + 24 + its image)
  const size_t second = 40 + (32 + jpeg(5).size() + 3) / 4 * 4;
  std::memcpy(set.records.data() + second + 8 + 4, &label, sizeof(label));
  const auto dataset = open(set);
  EXPECT_EQ(message_of<Error>([&] { dataset->read_bytes(1); }),
            path("train.rec") + "[2]: its label is 1, but it is among the images of identity 0");
  EXPECT_EQ(dataset->read_bytes(2), jpeg(7));
}

TEST_F(RecordDatasetTest, SaysWhatIsWrong) {
  TestingRecords set;
  set.add(3, {0.5}, jpeg(5));
  EXPECT_EQ(error_of(set), path("train.rec") + "[3]: the label 0.5 is not a whole number from 0 to 4e9");
  set = {};
  set.add(3, {1}, {});
  EXPECT_EQ(error_of(set), path("train.rec") + " holds no image");
  set.index = "3\t0\n3\t0\n";
  EXPECT_EQ(error_of(set), path("train.idx") + ": the key 3 occurs twice");
  set.index = "3\t0\nx\t1\n";
  EXPECT_EQ(error_of(set),
            path("train.idx") + ":2: expected `key offset`, two numbers separated by a tab, found \"x\\t1\"");
  set.index = "3\t4\n";
  EXPECT_EQ(error_of(set),
            path("train.rec") + "[3]: byte 4 is not the start of a record: 00000018 instead of ced7230a");
  set.index = "3\t2\n";
  EXPECT_EQ(error_of(set), path("train.rec") + "[3]: no record can begin at byte 2 of 32");
  set.records.resize(28);
  set.index = "3\t0\n";
  EXPECT_EQ(error_of(set),
            path("train.rec") + "[3]: truncated: the record at byte 0 has 24 bytes, but the file ends after 20");
  set = insightface_records({{0, {jpeg(5)}}});
  set.index.resize(set.index.find('\n') + 1);
  EXPECT_NE(error_of(set).find("records 2 to 2 are referenced, but not all of them are in the index"),
            std::string::npos);
  write("other.rec", "no records");
  EXPECT_EQ(message_of<Error>([&] { open_dataset(path("other.rec")); }),
            path("other.rec") + " does not begin like MXNet records, with 0a 23 d7 ce.");
  write_set(set);
  EXPECT_EQ(message_of<Error>([&] { open_dataset(path("train.idx")); }),
            path("train.idx") + " is the index of a record file; pass " + path("train.rec") + " instead");
  std::filesystem::remove(path("train.idx"));
  EXPECT_NE(message_of<Error>([&] { open_dataset(path("train.rec")); }).find("train.rec needs " + path("train.idx")),
            std::string::npos);
}

// The missing bytes would be zeros within the last page, and a SIGBUS beyond it.
TEST_F(RecordDatasetTest, IsAnErrorIfTheFileIsCutShortWhileItIsOpen) {
  TestingRecords set;
  for (uint64_t key = 0; key < 40; ++key) set.add(key, {static_cast<float>(key)}, jpeg(50));
  for (const uint64_t bytes_left : {set.records.size() - 1, size_t{100}, size_t{0}}) {
    const auto dataset = open(set);
    EXPECT_EQ(dataset->read_bytes(39), jpeg(50));
    std::filesystem::resize_file(path("train.rec"), bytes_left);
    for (const ImageIndex image : {0, 39}) {
      EXPECT_EQ(message_of<Error>([&] { dataset->read_bytes(image); }),
                path("train.rec") + fmt::format("[{:d}]: the file was cut short, or its disk failed, after it was "
                                                "opened. Use another copy",
                                                image));
    }
  }
}

TEST_F(RecordDatasetTest, RefusesAnIndexThatNamesOneRecordTwice) {
  TestingRecords set;
  set.add(3, {1}, jpeg(5));
  set.index = "3\t0\n4\t0\n";
  EXPECT_EQ(error_of(set), path("train.idx") + ": the keys 3 and 4 have the same offset, 0");
}

TEST_F(RecordDatasetTest, IsAnErrorAndNoCrashWhateverTheBytes) {
  TestingRecords plain;
  for (uint64_t key = 0; key < 4; ++key) plain.add(key, {static_cast<float>(key / 2)}, jpeg(4));
  TestingRecords cut;  // a record of many parts
  Bytes image = jpeg(4);
  image.resize((image.size() + 3) / 4 * 4);
  for (int i = 0; i < 30; ++i) image.insert(image.end(), {0x0a, 0x23, 0xd7, 0xce, 1, 2, 3, 4});
  for (uint64_t key = 0; key < 2; ++key) cut.add(key, {static_cast<float>(key)}, image);
  const TestingRecords kinds[] = {plain, cut, insightface_records({{0, {jpeg(4), jpeg(5)}}, {1, {jpeg(6)}}})};
  int64_t refused = 0, opened = 0;
  for (uint32_t mutation = 0; mutation < 3000; ++mutation) {
    TestingRecords set = kinds[mutation / 3 % 3];
    const Random random(20240513, RandomStream::kAugment, mutation);
    if (mutation % 3 == 0) {
      const Bytes index = mutated(Bytes(set.index.begin(), set.index.end()), random);
      set.index = text_of(index);
    } else {
      set.records = mutated(set.records, random);
    }
    try {
      look_at_everything(*std::make_shared<RecordDataset>(write_set(set)));
      ++opened;
    } catch (const Error&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, 300);
  EXPECT_GT(opened, 300);
}

// Replaces each word of the file in turn, including the kinds and lengths of parts. The records are so short that these
// are most of the words.
TEST_F(RecordDatasetTest, IsAnErrorAndNoCrashWhateverItsWordsAnnounce) {
  Bytes cut(12, 7);
  for (const size_t at : {0, 8}) std::memcpy(cut.data() + at, &kRecordMagic, sizeof(kRecordMagic));
  TestingRecords plain;
  plain.add(0, {0}, cut);  // three parts
  plain.add(1, {1, 0.5}, Bytes{1, 2, 3});
  int64_t refused = 0, opened = 0;
  const auto try_word = [&](TestingRecords set, size_t place, uint32_t word) {
    std::memcpy(set.records.data() + place, &word, sizeof(word));
    try {
      const RecordDataset dataset(write_set(set));
      for (ImageIndex i = 0; i < dataset.size(); ++i) {
        EXPECT_LT(dataset.read_bytes(i).size(), set.records.size()) << word << " at byte " << place;
      }
      ++opened;
    } catch (const Error&) {
      ++refused;
    }
  };
  for (const TestingRecords& good : {plain, insightface_records({{0, {cut, {1}}}, {1, {{1, 2, 3, 4}}}})}) {
    ASSERT_EQ(RecordDataset(write_set(good)).read_bytes(0), cut);
    for (size_t place = 0; place < good.records.size(); place += 4) {
      const auto left = static_cast<uint32_t>(good.records.size() - place);
      for (const uint32_t length : {0u, 1u, 4u, 23u, 24u, 28u, left - 5, left - 4, left - 3, left, ~0u}) {
        for (const uint32_t kind : {0, 1, 2, 3, 7}) try_word(good, place, kind << 29 | (length & ((1u << 29) - 1)));
      }
    }
  }
  EXPECT_GT(refused, 2000);
  EXPECT_GT(opened, 500);
}

}  // namespace
}  // namespace massface
