#include "dataset/verification_bin.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "core/error.h"
#include "core/testing_folder.h"
#include "core/testing_mutations.h"
#include "core/testing_places.h"
#include "tensor_file/testing_pickle.h"

namespace massface {
namespace {

std::string complaint_of(const std::vector<uint8_t>& bytes) {
  return message_of<Error>([&] { decode_verification_bin(bytes, "x.bin"); });
}

std::vector<uint8_t> bytes_of(std::string_view text) { return {text.begin(), text.end()}; }

// ([b"a0", b"b", ...], [True, False, ...])
std::vector<uint8_t> bin_of(const std::vector<std::string>& images, const std::vector<bool>& same) {
  PickleWriter writer;
  writer.op(']').op('(');
  for (const std::string& image : images) writer.bytes(image);
  writer.op('e').op(']').op('(');
  for (const bool pair : same) writer.op(pair ? 0x88 : 0x89);
  return writer.op('e').op(0x86).stop();
}

TEST(VerificationBin, ReadsImagesAndBooleans) {
  const VerificationBin bin = decode_verification_bin(bin_of({"one", "two", "three", ""}, {true, false}), "x");
  EXPECT_EQ(bin.images, (std::vector<std::vector<uint8_t>>{bytes_of("one"), bytes_of("two"), bytes_of("three"), {}}));
  EXPECT_EQ(bin.same, (std::vector<bool>{true, false}));
}

TEST(VerificationBin, ReadsWhatPython3WritesByProtocol2) {
  // pickle.dumps(([b"ab\xff", b"c"], [True]), protocol=2)
  const std::string python(
      "\x80\x02]q\0(c_codecs\nencode\nq\x01X\x04\0\0\0ab\xc3\xbfq\x02X\x06\0\0\0latin1q\x03\x86q\x04Rq\x05h\x01X\x01\0"
      "\0\0cq\x06h\x03\x86q\x07Rq\x08"
      "e]q\x09\x88"
      "a\x86q\n.",
      82);
  const VerificationBin bin = decode_verification_bin(bytes_of(python), "x");
  EXPECT_EQ(bin.images, (std::vector<std::vector<uint8_t>>{{'a', 'b', 0xff}, {'c'}}));
}

// Writes a column of bytes, as OpenCV encodes images, the way NumPy pickles it with protocol 4.
void write_array(PickleWriter& writer, const std::string& dtype, const std::string& values, int64_t length) {
  writer.global("numpy._core.multiarray", "_reconstruct").global("numpy", "ndarray").integers({0}).bytes("b");
  writer.op(0x87).op('R').op('(').integer(1).integers({length, 1});
  writer.global("numpy", "dtype").op('(').text(dtype).op(0x89).op(0x88).op('t').op('R');
  writer.op('(').integer(3).text("|").op('t').op('b').op(0x89).bytes(values).op('t').op('b');
}

TEST(VerificationBin, AnArrayWithoutBytesIsAnError) {
  PickleWriter writer(4);
  writer.op(']').op('(').global("numpy._core.multiarray", "_reconstruct").global("numpy", "ndarray");
  writer.integers({0}).bytes("b").op(0x87).op('R').op('(').integer(1).integers({3});
  writer.global("numpy", "dtype").op('(').text("u1").op('t').op('R');
  writer.op(0x89).op(0x8f).op('t').op('b');  // a set, which is called "set", where three bytes belong
  writer.bytes("b").op('e').op(']').op(0x88).op('a');
  EXPECT_TRUE(has(complaint_of(writer.op(0x86).stop()), "image 0 is an array without bytes"));
}

TEST(VerificationBin, ReadsArraysOfNumPy) {
  PickleWriter writer;
  writer.op(']').op('(');
  write_array(writer, "u1", "xyz", 3);
  write_array(writer, "u1", "", 0);
  writer.op('e');
  write_array(writer, "b1", std::string(1, '\1'), 1);
  const VerificationBin bin = decode_verification_bin(writer.op(0x86).stop(), "x");
  EXPECT_EQ(bin.images[0], bytes_of("xyz"));
  EXPECT_TRUE(bin.images[1].empty());
  EXPECT_EQ(bin.same, (std::vector<bool>{true}));
}

TEST(VerificationBin, SaysWhatIsWrong) {
  EXPECT_TRUE(has(complaint_of(bin_of({"a", "b", "c"}, {true})), "x.bin: damaged"));
  EXPECT_TRUE(has(complaint_of(bin_of({"a", "b", "c"}, {true})), "3 images for 1 pairs, which need 2"));
  EXPECT_TRUE(has(complaint_of(bin_of({}, {})), "it holds no pair"));
  EXPECT_TRUE(has(complaint_of(PickleWriter().op(']').stop()), "not a list of images and a list of booleans"));
  EXPECT_TRUE(has(complaint_of(PickleWriter().op(']').op('N').op('a').op(']').op(0x86).stop()),
                  "image 0 is neither bytes nor an array"));
  EXPECT_TRUE(has(complaint_of(PickleWriter().op(']').op(']').integer(2).op('a').op(0x86).stop()),
                  "the boolean of pair 0 is 2"));
  EXPECT_TRUE(has(complaint_of(PickleWriter().global("os", "system").text("x").op(0x85).op('R').stop()),
                  "x.bin: refused: byte 2 of its pickle names os.system,"));
  for (const auto& [dtype, length, complaint] :
       {std::tuple("f4", int64_t{3}, "image 0 is an array whose dtype is not u1"),
        std::tuple("u1", int64_t{4}, "image 0 has 3 bytes, which does not match its shape")}) {
    PickleWriter writer;
    writer.op(']').op('(');
    write_array(writer, dtype, "xyz", length);
    EXPECT_TRUE(has(complaint_of(writer.op('e').op(']').op(0x86).stop()), complaint));
  }
}

TEST(VerificationBin, FoldsAreTenOfConsecutivePairs) {
  VerificationBin bin;
  for (int i = 0; i < 43; ++i) bin.same.push_back(i % 2 == 0);
  bin.images.resize(86);
  const VerificationPairs pairs = verification_pairs(bin);
  EXPECT_EQ(pairs.num_folds, 10);
  EXPECT_FALSE(pairs.is_lfw_view2);
  std::vector<int64_t> sizes(10);
  for (const VerificationPair& pair : pairs.pairs) ++sizes[static_cast<size_t>(pair.fold)];
  EXPECT_EQ(sizes, (std::vector<int64_t>{5, 5, 5, 4, 4, 4, 4, 4, 4, 4}));  // KFold(10) of 43
  EXPECT_EQ(pairs.pairs[15].fold, 3);
  EXPECT_EQ(pairs.pairs[42].first, "84");
  EXPECT_EQ(pairs.pairs[42].second, "85");
  EXPECT_TRUE(pairs.pairs[42].same);
}

TEST(VerificationBin, FoldsAreDealtWhereOneWouldLackAKind) {
  const auto folds_of_pairs = [](const std::vector<bool>& same) {
    std::vector<int64_t> folds;
    for (const VerificationPair& pair : verification_pairs({.images = {}, .same = same}).pairs)
      folds.push_back(pair.fold);
    return folds;
  };
  EXPECT_EQ(folds_of_pairs({true, true, true, true, false, false, false, false}),
            (std::vector<int64_t>{0, 1, 2, 3, 0, 1, 2, 3}));
  EXPECT_EQ(folds_of_pairs({true, true, true, true, false, true, false}), (std::vector<int64_t>{0, 0, 0, 1, 0, 1, 1}));
  EXPECT_EQ(folds_of_pairs({true, true, true}), (std::vector<int64_t>{0, 0, 0}));
  EXPECT_EQ(folds_of_pairs({true, true, false}), (std::vector<int64_t>{0, 0, 0}));
  // A file of 30 matched and 20 mismatched pairs: ten folds of three and two.
  std::vector<bool> sorted(50);
  std::fill_n(sorted.begin(), 30, true);
  std::vector<std::array<int64_t, 2>> sizes(10);
  const VerificationPairs pairs = verification_pairs({.images = {}, .same = sorted});
  EXPECT_EQ(pairs.num_folds, 10);
  for (const VerificationPair& pair : pairs.pairs) ++sizes.at(static_cast<size_t>(pair.fold))[pair.same ? 1 : 0];
  for (const auto& size : sizes) EXPECT_EQ(size, (std::array<int64_t, 2>{2, 3}));
}

TEST(VerificationBin, NoMutationOfAFileCrashes) {
  PickleWriter writer;
  writer.op(']').op('(');
  write_array(writer, "u1", "xyz", 3);
  writer.bytes("abc").op('e').op(']').op(0x88).op('a');
  const std::vector<uint8_t> original = writer.op(0x86).stop();
  ASSERT_EQ(complaint_of(original), "");
  int errors = 0;
  try_mutations(original, original.size(), 4000, [&](const auto& bytes) { errors += !complaint_of(bytes).empty(); });
  EXPECT_GT(errors, 2000);
  EXPECT_LT(errors, 4000);
}

TEST(VerificationBin, ReadsInsightfacesSample) {
  const auto path = testing_data() / "small_lfw.bin";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "no " << path << " (MASSFACE_DATA names another folder)";
  const VerificationBin bin = read_verification_bin(path);
  ASSERT_EQ(bin.images.size(), 20u);
  EXPECT_EQ(std::ranges::count(bin.same, true), 10);
  EXPECT_EQ(bin.images[0].size(), 4996u);
  EXPECT_EQ(bin.images[1].size(), 5959u);
  for (const auto& image : bin.images) EXPECT_EQ(image[0] * 256 + image[1], 0xffd8);  // JPEG
}

}  // namespace
}  // namespace massface
