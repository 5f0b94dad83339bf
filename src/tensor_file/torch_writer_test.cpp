#include "tensor_file/torch_writer.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "tensor_file/stored_archive.h"
#include "tensor_file/torch_file.h"

namespace massface {
namespace {

NamedTensors various_tensors() {
  const Tensor numbers = at::arange(12, at::kFloat).reshape({3, 4});
  return {.tensors = {{"stem.conv.weight", numbers},
                      {"a.transposed", numbers.t()},
                      {"whole", at::arange(5, at::kLong)},
                      {"half", numbers.to(at::kHalf)},
                      {"scalar", at::scalar_tensor(7.5, at::kDouble)},
                      {"empty", at::empty({0, 3})},
                      {"flags", at::tensor({1, 0, 1}).to(at::kBool)}},
          .metadata = {{"left", "out"}}};
}

TEST(TorchWriter, WritesWhatTheReaderReads) {
  const NamedTensors tensors = various_tensors(), read = decode_torch_file(encode_torch_file(tensors), "x.pt");
  ASSERT_EQ(read.tensors.size(), tensors.tensors.size());
  for (size_t i = 0; i < tensors.tensors.size(); ++i) {
    const auto& [name, tensor] = tensors.tensors[i];
    EXPECT_EQ(read.tensors[i].first, name);
    EXPECT_EQ(read.tensors[i].second.scalar_type(), tensor.scalar_type()) << name;
    EXPECT_TRUE(read.tensors[i].second.equal(tensor)) << name;
  }
}

TEST(TorchWriter, TheSameTensorsHaveTheSameBytes) {
  EXPECT_EQ(encode_torch_file(various_tensors()), encode_torch_file(various_tensors()));
}

TEST(StoredArchive, HoldsWhatWasAddedUncompressed) {
  const std::vector<uint8_t> many(100000, 7), none;
  const std::vector<uint8_t> bytes = write_stored_archive({{"folder/many", many}, {"none", none}});
  EXPECT_GT(bytes.size(), many.size());
  const auto entries = read_stored_archive(bytes, "x.zip");
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries.at("folder/many"), many);
  EXPECT_EQ(entries.at("none"), none);
}

}  // namespace
}  // namespace massface
