#include "tensor_file/npy.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "core/error.h"
#include "core/random.h"
#include "core/testing_folder.h"

namespace massface {
namespace {

// What NumPy 2 writes for numpy.array([[1, 2, 3], [4, 5, 6]], dtype="<i4").
std::vector<uint8_t> numpys_bytes() {
  std::string text = "\x93NUMPY";
  text += '\x01';
  text += '\0';
  text += '\x76';
  text += '\0';
  text += "{'descr': '<i4', 'fortran_order': False, 'shape': (2, 3), }";
  text.append(128 - text.size() - 1, ' ');
  text += '\n';
  for (char value = 1; value <= 6; ++value) text += std::string({value, '\0', '\0', '\0'});
  return {text.begin(), text.end()};
}

std::string npy_complaint(const std::vector<uint8_t>& bytes) {
  return message_of<Error>([&] { decode_npy(bytes, "x.npy"); });
}

TEST(Npy, ReadsAndWritesTheBytesOfNumPy) {
  const Tensor expected = at::arange(1, 7, at::kInt).reshape({2, 3});
  EXPECT_TRUE(decode_npy(numpys_bytes(), "x").equal(expected));
  EXPECT_EQ(encode_npy(expected), numpys_bytes());
}

TEST(Npy, KeepsEveryShapeAndType) {
  for (const Tensor& tensor :
       {at::randn({3, 4}), at::randn({2}, at::kDouble), at::arange(5), at::empty({0, 3}, at::kLong),
        at::scalar_tensor(7, at::kByte), at::randn({2, 3, 4}).transpose(0, 2)}) {
    const Tensor back = decode_npy(encode_npy(tensor), "x");
    EXPECT_EQ(back.scalar_type(), tensor.scalar_type());
    EXPECT_TRUE(back.equal(tensor)) << tensor.sizes();
  }
}

TEST(Npy, NamesATypeAndAShapeAsNumPyDoes) {
  EXPECT_EQ(dtype_and_shape(at::empty({5, 2})), "float32 [5, 2]");
  EXPECT_EQ(dtype_and_shape(at::empty({12}, at::kLong)), "int64 [12]");
  EXPECT_EQ(dtype_and_shape(at::empty({0, 3}, at::kByte)), "uint8 [0, 3]");
}

TEST(Npy, GoesThroughAFile) {
  const TemporaryFolder folder;
  write_npy(folder / "a.npy", at::arange(12).reshape({3, 4}));
  EXPECT_TRUE(read_npy(folder / "a.npy").equal(at::arange(12).reshape({3, 4})));
}

TEST(Npy, SaysWhatIsWrong) {
  auto bytes = numpys_bytes();
  bytes.pop_back();
  EXPECT_EQ(npy_complaint(bytes), "x.npy: its shape (2, 3) of <i4 needs 24 bytes of data, but there are 23");
  EXPECT_NE(npy_complaint({'a', 'b'}).find("not an .npy file"), std::string::npos);
  bytes = numpys_bytes();
  bytes[22] = 'c';  // <c4
  EXPECT_NE(npy_complaint(bytes).find("its dtype is '<c4'"), std::string::npos) << npy_complaint(bytes);
  EXPECT_TRUE(npy_complaint(bytes).ends_with("numpy.save(FILE, array.astype(\"<f4\"))")) << npy_complaint(bytes);
  const auto as_labels = message_of<Error>([&] { decode_npy(bytes, "x.npy", at::kLong); });
  EXPECT_TRUE(as_labels.ends_with("numpy.save(FILE, array.astype(\"<i8\"))")) << as_labels;
  bytes = numpys_bytes();
  const std::string order = "True, ";
  std::copy(order.begin(), order.end(), bytes.begin() + 46);
  EXPECT_NE(npy_complaint(bytes).find("Fortran order"), std::string::npos) << npy_complaint(bytes);
}

TEST(Npy, RefusesShapesAndHeadersThatAreTooLarge) {
  const auto with_shape = [](const std::string& shape) {
    const std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': " + shape + ", }\n";
    std::string text("\x93NUMPY\x01\0", 8);
    text += static_cast<char>(header.size());
    text += '\0';
    text += header;
    return std::vector<uint8_t>(text.begin(), text.end());
  };
  EXPECT_EQ(npy_complaint(with_shape("(0, 3)")), "");
  EXPECT_NE(npy_complaint(with_shape("(0, 4611686018427387904, 4611686018427387904)")).find("needs far too many bytes"),
            std::string::npos);
  std::vector<uint8_t> bytes(3 << 20, ' ');
  const std::vector<uint8_t> start = {0x93, 'N', 'U', 'M', 'P', 'Y', 2, 0, 0, 0, 0x20, 0};
  std::ranges::copy(start, bytes.begin());
  EXPECT_NE(npy_complaint(bytes).find("a header of 2097152 bytes (at most 1048576)"), std::string::npos);
}

TEST(Npy, RefusesDamagedHeadersWithoutHarm) {
  for (uint64_t seed = 0; seed < 3000; ++seed) {
    Random random(seed, RandomStream::kSyntheticImage);
    auto bytes = numpys_bytes();
    bytes.resize(random.below(bytes.size() + 1));
    for (int flips = 0; flips < 3 && !bytes.empty(); ++flips) {
      bytes[random.below(bytes.size())] = static_cast<uint8_t>(random.next_u32());
    }
    try {
      decode_npy(bytes, "x.npy");
    } catch (const Error&) {
    }
  }
}

}  // namespace
}  // namespace massface
