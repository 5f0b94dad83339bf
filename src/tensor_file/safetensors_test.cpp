#include "tensor_file/safetensors.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <ctime>
#include <filesystem>

#include "core/error.h"
#include "core/files.h"
#include "core/random.h"
#include "core/testing_text.h"

namespace massface {
namespace {

std::vector<uint8_t> file_of(const std::string& header, size_t value_bytes) {
  const uint64_t length = header.size();
  std::vector<uint8_t> bytes(8 + header.size() + value_bytes);
  std::memcpy(bytes.data(), &length, 8);
  std::memcpy(bytes.data() + 8, header.data(), header.size());
  return bytes;
}

// The error message, or "" if the bytes can be read.
std::string mistake_in(const std::vector<uint8_t>& bytes) {
  try {
    decode_safetensors(bytes, "x.safetensors");
    return "";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("x.safetensors"), std::string::npos) << error.what();
    return error.what();
  }
}

std::string mistake_in(const std::string& header, size_t value_bytes) {
  return mistake_in(file_of(header, value_bytes));
}

NamedTensors samples() {
  NamedTensors named;
  named.metadata = {{"format", "test"}, {"note", "a \"quoted\" line\n"}};
  for (const auto type :
       {at::kDouble, at::kFloat, at::kHalf, at::kBFloat16, at::kLong, at::kInt, at::kByte, at::kBool}) {
    named.tensors.emplace_back(std::string("z.") + c10::toString(type), at::arange(6).reshape({2, 3}).to(type));
  }
  named.tensors.emplace_back("empty", at::empty({0, 3}));
  named.tensors.emplace_back("a.scalar", at::scalar_tensor(2.5));
  return named;
}

TEST(Safetensors, WhatWasWrittenIsReadBackInItsOrder) {
  const auto path = std::filesystem::path(testing::TempDir()) / "massface_safetensors_test.safetensors";
  const NamedTensors written = samples();
  write_safetensors(path, written);
  const NamedTensors read = read_safetensors(path);
  EXPECT_EQ(read.metadata, written.metadata);
  ASSERT_EQ(read.tensors.size(), written.tensors.size());
  for (size_t i = 0; i < read.tensors.size(); ++i) {
    EXPECT_EQ(read.tensors[i].first, written.tensors[i].first);
    EXPECT_EQ(read.tensors[i].second.scalar_type(), written.tensors[i].second.scalar_type());
    EXPECT_TRUE(at::equal(read.tensors[i].second, written.tensors[i].second)) << read.tensors[i].first;
  }
  EXPECT_EQ(read.at("a.scalar").item<float>(), 2.5f);
  EXPECT_THROW(read.at("b"), Error);
  std::filesystem::remove(path);
}

TEST(Safetensors, TheBytesAreThoseOfTheFormat) {
  NamedTensors named;
  named.tensors.emplace_back("w", at::tensor({1.0f, -2.0f}));
  const std::string header = R"({"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})";
  // 54 characters, padded with spaces to a multiple of 8.
  std::vector<uint8_t> expected = file_of(header + "  ", 0);
  for (const uint8_t byte : {0x00, 0x00, 0x80, 0x3f, 0x00, 0x00, 0x00, 0xc0}) expected.push_back(byte);
  EXPECT_EQ(encode_safetensors(named), expected);
}

TEST(Safetensors, AStridedTensorIsWrittenByItsValues) {
  NamedTensors named;
  named.tensors.emplace_back("t", at::arange(6).reshape({2, 3}).t());
  const NamedTensors read = decode_safetensors(encode_safetensors(named), "x");
  EXPECT_TRUE(read.at("t").is_contiguous());
  EXPECT_TRUE(at::equal(read.at("t"), at::tensor({0, 3, 1, 4, 2, 5}, at::kLong).reshape({3, 2})));
}

TEST(Safetensors, AHeaderThatLiesIsAnErrorThatSaysHow) {
  EXPECT_TRUE(has(mistake_in(std::vector<uint8_t>(7)), "7 bytes"));
  EXPECT_TRUE(has(mistake_in(std::vector<uint8_t>(20, 0xff)), "header of 18446744073709551615 bytes"));
  std::vector<uint8_t> short_file = file_of("{}", 0);
  short_file[0] = 100;
  EXPECT_TRUE(has(mistake_in(short_file), "only 10 bytes"));
  EXPECT_TRUE(has(mistake_in("{\"w\":", 0), "its header: its JSON cannot be read"));
  EXPECT_TRUE(has(mistake_in("[1]", 0), "its header: its JSON is not an object"));
  EXPECT_TRUE(has(mistake_in("{\"w\":" + std::string(1000, '['), 0), "its header: its JSON is nested beyond 3 levels"));
  EXPECT_TRUE(has(mistake_in(R"({"w":1,"w":2})", 0), "two entries of its JSON are called w"));
  EXPECT_TRUE(has(mistake_in(R"({"__metadata__":{"a":1}})", 0), "__metadata__.a"));
  EXPECT_TRUE(has(mistake_in(R"({"w":7})", 0), "tensor w lacks"));
  EXPECT_TRUE(has(mistake_in(R"({"w":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}})", 4), "tensor w lacks"));
  EXPECT_TRUE(has(mistake_in(R"({"w":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}})", 4), "tensor w lacks"));
  EXPECT_TRUE(has(mistake_in(R"({"w":{"dtype":"C64","shape":[1],"data_offsets":[0,8]}})", 8), "dtype C64"));
}

TEST(Safetensors, AnotherKindOfFileIsNamedWithWhatToDo) {
  const auto mistake = [](const std::string& start) {
    std::vector<uint8_t> bytes(start.begin(), start.end());
    bytes.resize(100);
    return mistake_in(bytes);
  };
  EXPECT_EQ(mistake("PK\x03\x04"),
            "x.safetensors: not a safetensors file: it is a ZIP archive or a PyTorch checkpoint; massface import FILE "
            "--backbone NAME --out NEW.safetensors converts a PyTorch checkpoint.");
  EXPECT_EQ(
      mistake("version https://git-lfs.github.com/spec/v1"),
      "x.safetensors: not a safetensors file: it is a git-LFS pointer, not the file itself; fetch it with: git lfs "
      "pull.");
  EXPECT_TRUE(has(mistake("\x08\x08\x12\x07pytorch"), "it is an ONNX network; convert the PyTorch checkpoint"));
  EXPECT_TRUE(has(mistake("\xFF\xD8\xFF\xE0"), "not a safetensors file: it is a JPEG."));
}

// Seconds of processor time.
double time_to_write_and_read(int tensors) {
  NamedTensors named;
  for (int i = 0; i < tensors; ++i) named.tensors.emplace_back("t" + std::to_string(tensors - i), at::zeros({1}));
  const std::clock_t begin = std::clock();
  const NamedTensors read = decode_safetensors(encode_safetensors(named), "x");
  const double seconds = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
  EXPECT_EQ(read.tensors.size(), named.tensors.size());
  EXPECT_EQ(read.tensors[0].first, named.tensors[0].first) << "in the order in which they were written";
  return seconds;
}

// 80,000 tensors took 12.7 s when each name was compared with all others. Four times the tensors take four times as
// long, and would take sixteen times as long again.
TEST(Safetensors, ManyTensorsAreWrittenAndReadInLinearTime) {
  const double few = time_to_write_and_read(20'000);
  EXPECT_LT(time_to_write_and_read(80'000), 10 * few + 0.1);
}

TEST(Safetensors, OffsetsThatLieAreAnErrorThatSaysHow) {
  const auto one = [](const std::string& shape, const std::string& offsets) {
    return R"({"w":{"dtype":"F32","shape":)" + shape + R"(,"data_offsets":)" + offsets + "}}";
  };
  EXPECT_EQ(mistake_in(one("[2]", "[0,8]"), 8), "");
  EXPECT_TRUE(has(mistake_in(one("[2]", "[0,8]"), 7), "bytes 0 to 8 of 7"));
  EXPECT_TRUE(has(mistake_in(one("[2]", "[8,0]"), 8), "bytes 8 to 0 of 8"));
  EXPECT_TRUE(has(mistake_in(one("[3]", "[0,8]"), 8), "not what its shape"));
  EXPECT_TRUE(has(mistake_in(one("[2]", "[0,8]"), 12), "4 bytes at its end"));
  EXPECT_TRUE(has(mistake_in(one("[1]", "[4,8]"), 8), "4 bytes before tensor w"));
  EXPECT_TRUE(has(mistake_in(one("[4611686018427387904,4]", "[0,0]"), 0), "not what its shape"));
  EXPECT_TRUE(has(mistake_in(one("[0,4611686018427387904,4]", "[0,0]"), 0), "not what its shape"));
  const std::string two = R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},)"
                          R"("b":{"dtype":"U8","shape":[4],"data_offsets":[2,6]}})";
  EXPECT_TRUE(has(mistake_in(two, 6), "tensor b overlaps"));
}

TEST(Safetensors, ABooleanIsZeroOrOne) {
  std::vector<uint8_t> bytes = file_of(R"({"w":{"dtype":"BOOL","shape":[2],"data_offsets":[0,2]}})", 2);
  EXPECT_EQ(mistake_in(bytes), "");
  bytes.back() = 2;
  EXPECT_TRUE(has(mistake_in(bytes), "neither true nor false"));
}

// Flipped, dropped, repeated and inserted bytes either leave a well-formed file or cause an Error: never another
// exception, a crash or a read outside the file (which the asan build detects).
TEST(Safetensors, NoMutationOfAFileCrashes) {
  const std::vector<uint8_t> original = encode_safetensors(samples());
  int errors = 0;
  for (uint64_t round = 0; round < 4000; ++round) {
    Random random(1, RandomStream::kAugment, round);
    std::vector<uint8_t> bytes = original;
    const size_t header_end = 8 + original[0] + 256 * original[1];
    for (uint64_t edits = 1 + random.below(4); edits > 0; --edits) {
      // Three out of four edits fall into the header, where they have the most effect.
      const size_t limit = random.below(4) > 0 ? std::min(header_end, bytes.size()) : bytes.size();
      const size_t place = random.below(std::max<size_t>(limit, 1));
      switch (random.below(4)) {
        case 0:
          if (!bytes.empty()) bytes[place] ^= 1 << random.below(8);
          break;
        case 1:
          bytes.resize(place);
          break;
        case 2:
          bytes.insert(bytes.begin() + place, "0123456789[]{}\",:-"[random.below(18)]);
          break;
        case 3:
          bytes.insert(bytes.end(), original.begin(), original.begin() + std::min(place, original.size()));
          break;
      }
    }
    errors += !mistake_in(bytes).empty();
  }
  EXPECT_GT(errors, 3000);
}

}  // namespace
}  // namespace massface
