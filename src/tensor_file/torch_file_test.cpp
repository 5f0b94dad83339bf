#include "tensor_file/torch_file.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "core/error.h"
#include "core/testing_folder.h"
#include "core/testing_mutations.h"
#include "core/testing_places.h"
#include "tensor_file/testing_pickle.h"
#include "tensor_file/testing_torch_files.h"
#include "tensor_file/testing_torch_objects.h"

namespace massface {
namespace {

std::string torch_complaint(const std::vector<uint8_t>& bytes) {
  return message_of<Error>([&] { decode_torch_file(bytes, "x.pt"); });
}

void append(std::vector<uint8_t>& bytes, const std::vector<uint8_t>& more) {
  bytes.insert(bytes.end(), more.begin(), more.end());
}

// A call of torch._utils._rebuild_tensor_v2 with a storage called "7".
void write_tensor(PickleWriter& writer, int64_t num_elements, int64_t offset, const std::vector<int64_t>& sizes,
                  const std::vector<int64_t>& strides, const std::string& type = "FloatStorage") {
  writer.global("torch._utils", "_rebuild_tensor_v2").op('(');
  writer.op('(').text("storage").global("torch", type).text("7").text("cpu").integer(num_elements).op('t').op('Q');
  writer.integer(offset).integers(sizes).integers(strides).op(0x89).op(')').op('t').op('R');
}

// A file in the format before PyTorch 1.6, around a pickle that uses a storage called "7" with these values, or none if
// there are no values. num_elements: of another type in the same bytes, or -1.
std::vector<uint8_t> legacy_file(const std::vector<uint8_t>& object, const std::vector<float>& values,
                                 int64_t num_elements = -1) {
  std::vector<uint8_t> bytes = PickleWriter().op(0x8a).byte(10).raw("\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19").stop();
  append(bytes, PickleWriter().integer(1001).stop());
  append(bytes, PickleWriter().op('}').text("little_endian").op(0x88).op('s').stop());
  append(bytes, object);
  if (values.empty()) {
    append(bytes, PickleWriter().op(']').stop());
    return bytes;
  }
  append(bytes, PickleWriter().op(']').text("7").op('a').stop());
  PickleWriter storage;
  storage.number(num_elements < 0 ? std::ssize(values) : num_elements);
  for (const float value : values) storage.number(value);
  const std::vector<uint8_t> written = storage.stop();
  bytes.insert(bytes.end(), written.begin() + 2, written.end() - 1);
  return bytes;
}

std::vector<uint8_t> file_of_tensor(int64_t num_elements, int64_t offset, const std::vector<int64_t>& sizes,
                                    const std::vector<int64_t>& strides) {
  PickleWriter writer;
  write_tensor(writer, num_elements, offset, sizes, strides);
  return legacy_file(writer.stop(), {0, 1, 2, 3, 4, 5});
}

void expect_as_pytorch_wrote_it(const NamedTensors& read) {
  std::vector<std::string> names;
  for (const auto& [name, tensor] : read.tensors) names.push_back(name);
  EXPECT_EQ(names, (std::vector<std::string>{"net.w", "net.part", "net.p", "net.n", "list.0"}));
  EXPECT_TRUE(read.at("net.w").equal(at::arange(12, at::kFloat).reshape({3, 4}).t()));
  EXPECT_TRUE(read.at("net.w").is_contiguous());
  EXPECT_TRUE(read.at("net.part").equal(at::tensor({4.0f, 5.0f})));
  EXPECT_TRUE(read.at("net.p").equal(at::tensor({1.5f})));
  EXPECT_TRUE(read.at("net.n").equal(at::scalar_tensor(7, at::kLong)));
  EXPECT_TRUE(read.at("list.0").equal(at::tensor({1, 0}).to(at::kBool)));
}

TEST(TorchFile, ReadsBothFormsThatPyTorchWrites) {
  expect_as_pytorch_wrote_it(decode_torch_file(torch_zip_file(), "x"));
  expect_as_pytorch_wrote_it(decode_torch_file(torch_legacy_file(), "x"));
}

TEST(TorchFile, HonoursOffsetsAndStrides) {
  const auto read = [](const std::vector<uint8_t>& bytes) { return decode_torch_file(bytes, "x").at("tensor"); };
  EXPECT_TRUE(read(file_of_tensor(6, 0, {2, 3}, {3, 1})).equal(at::arange(6, at::kFloat).reshape({2, 3})));
  EXPECT_TRUE(read(file_of_tensor(6, 1, {2, 2}, {1, 3})).equal(at::tensor({1.f, 4.f, 2.f, 5.f}).reshape({2, 2})));
  EXPECT_TRUE(read(file_of_tensor(6, 5, {}, {})).equal(at::scalar_tensor(5.f)));
  EXPECT_EQ(read(file_of_tensor(6, 0, {0, 3}, {3, 1})).numel(), 0);
}

TEST(TorchFile, ATensorOutsideItsStorageIsAnErrorThatNamesIt) {
  constexpr int64_t kHuge = int64_t{1} << 62;
  const std::vector<std::vector<uint8_t>> files = {
      file_of_tensor(6, 0, {7}, {1}),         file_of_tensor(6, 1, {6}, {1}),
      file_of_tensor(6, 0, {2, 3}, {4, 1}),   file_of_tensor(6, 0, {kHuge, 4}, {0, 1}),
      file_of_tensor(6, 0, {2}, {kHuge}),     file_of_tensor(6, -1, {2}, {1}),
      file_of_tensor(6, kHuge, {2}, {kHuge}), file_of_tensor(6, INT64_MAX, {}, {}),
      file_of_tensor(6, 0, {100}, {0}),       file_of_tensor(6, 7, {0}, {1})};
  for (const auto& bytes : files) {
    EXPECT_TRUE(has(torch_complaint(bytes), "the tensor tensor lies outside its storage of 6 elements"))
        << torch_complaint(bytes);
  }
  EXPECT_TRUE(has(torch_complaint(file_of_tensor(6, 0, {-1}, {1})), "has no valid size"));
  EXPECT_TRUE(has(torch_complaint(file_of_tensor(6, 0, {2, 3}, {1})), "has 2 sizes and 1 strides"));
  EXPECT_TRUE(has(torch_complaint(file_of_tensor(5, 0, {2}, {1})), "has 6 elements, not 5"));
  EXPECT_TRUE(has(torch_complaint(file_of_tensor(kHuge, 0, {2}, {1})), "elements"));
}

TEST(TorchFile, SharedStoragesCanNotMakeMuchOutOfLittle) {
  PickleWriter list;
  list.op('(');
  write_tensor(list, 6, 0, {6}, {1});
  list.op('q').byte(0);
  for (int i = 0; i < 20; ++i) list.op('h').byte(0);
  EXPECT_TRUE(
      has(torch_complaint(legacy_file(list.op('t').stop(), {0, 1, 2, 3, 4, 5})), "more than 8 times what is stored"));
}

TEST(TorchFile, RefusesAWholeNetworkAndAnAttackByName) {
  const auto file = [](const char* module, const char* name) {
    return legacy_file(PickleWriter().global(module, name).text("x").op(0x85).op('R').stop(), {});
  };
  EXPECT_TRUE(has(torch_complaint(file("os", "system")), "names os.system,"));
  EXPECT_TRUE(has(torch_complaint(file("core.model", "MobileFacenet")),
                  "no tensors but within objects of Python classes, which MassFace does not construct: the whole "
                  "(core.model.MobileFacenet)."));
}

TEST(TorchFile, ReadsTheWeightsBesideObjectsAndSaysWhatItSkipped) {
  for (const auto& bytes : {torch_objects_by_protocol_2(), torch_objects_by_protocol_4()}) {
    testing::internal::CaptureStderr();
    const NamedTensors read = decode_torch_file(bytes, "x.pt");
    const std::string log = testing::internal::GetCapturedStderr();
    ASSERT_EQ(read.tensors.size(), 2u);
    EXPECT_TRUE(read.at("net.w").equal(at::tensor({1.0f, 2.0f})));
    EXPECT_TRUE(read.at("net.b").equal(at::tensor({3.5f})));
    EXPECT_TRUE(has(log,
                    "x.pt: skipped values that are no weights: milestones (collections.Counter), args "
                    "(argparse.Namespace), when (datetime.timedelta), array (numpy._core."))
        << log;
    EXPECT_TRUE(has(log, ", and 7 others.")) << log;
    EXPECT_EQ(std::ranges::count(log, '\n'), 1);
  }
  testing::internal::CaptureStderr();
  decode_torch_file(torch_zip_file(), "x.pt");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST(TorchFile, StorageTypesOfNoNetworkAreSkipped) {
  const auto skipped = [](const std::string& type, int64_t num_elements) {
    PickleWriter writer;
    writer.op('}').text("w").op('}').text("v");
    write_tensor(writer, num_elements, 0, {num_elements}, {1}, type);
    writer.op('s').op('s');
    const std::string complaint = torch_complaint(legacy_file(writer.stop(), {0, 1, 2, 3}, num_elements));
    return has(complaint, "no tensors but within objects") ? complaint : "not skipped: " + complaint;
  };
  EXPECT_TRUE(has(skipped("CharStorage", 16), "w.v (Char tensor)."));
  EXPECT_TRUE(has(skipped("ShortStorage", 8), "w.v (Short tensor)."));
  EXPECT_TRUE(has(skipped("ComplexFloatStorage", 2), "w.v (ComplexFloat tensor)."));
  EXPECT_TRUE(has(skipped("QInt32Storage", 4), "w.v (QInt32 tensor)."));
  EXPECT_TRUE(has(skipped("NewStorage", 4), "a storage of the type torch.NewStorage"));
}

TEST(TorchFile, ANetworkBesideTheWeightsIsSkippedInOldFilesToo) {
  PickleWriter writer;
  writer.op('}').text("w");
  write_tensor(writer, 2, 0, {2}, {1});
  // PyTorch before 1.6 wrote a network's class as the persistent id ("module", class, file, source).
  writer.op('s').text("net").op('(').text("module").global("m", "Net").text("net.py").text("class Net: ...");
  writer.op('t').op('Q').op(')').op(0x81).op('}').op('b').op('s');
  testing::internal::CaptureStderr();
  const NamedTensors read = decode_torch_file(legacy_file(writer.stop(), {1, 2}), "x.pt");
  EXPECT_TRUE(has(testing::internal::GetCapturedStderr(), "weights: net (m.Net)."));
  EXPECT_EQ(read.tensors.size(), 1u);
}

TEST(TorchFile, NamesOfSkippedValuesDoNotFloodTheLog) {
  PickleWriter writer;
  writer.op('}').text(std::string(900, 'k') + "\n").op('}').text("x").global("m", "C").op(')').op('R').op('s').op('s');
  const std::string complaint = torch_complaint(legacy_file(writer.stop(), {}));
  EXPECT_TRUE(has(complaint, "(m.C)")) << complaint;
  EXPECT_LT(complaint.size(), 600u);
}

TEST(TorchFile, NamesThatWouldBeOneAreAnError) {
  PickleWriter writer;
  writer.op('}').text("a.b");
  write_tensor(writer, 6, 0, {6}, {1});
  writer.op('s').text("a").op('}').text("b");
  write_tensor(writer, 6, 0, {6}, {1});
  writer.op('s').op('s');
  EXPECT_TRUE(has(torch_complaint(legacy_file(writer.stop(), {0, 1, 2, 3, 4, 5})), "two tensors are called a.b"));
}

TEST(TorchFile, WhatIsNoCheckpointSaysSo) {
  EXPECT_TRUE(has(torch_complaint({}), "x.pt: not a PyTorch checkpoint (0 bytes"));
  EXPECT_TRUE(has(torch_complaint({'<', 'h', 't', 'm', 'l', '>'}), "not a PyTorch checkpoint: it is an HTML page; "));
  EXPECT_TRUE(has(torch_complaint({'P', 'K', 3, 4}), "x.pt: damaged, or not an archive"));
  std::vector<uint8_t> longer = torch_legacy_file();
  longer.push_back(0);
  EXPECT_TRUE(has(torch_complaint(longer), "1 bytes at its end belong to no storage"));
  std::vector<uint8_t> big_endian = torch_legacy_file();
  const std::string key = "little_endian";
  const auto found = std::ranges::search(big_endian, key);
  found.end()[2] = 0x89;  // BINPUT 1, then the value
  EXPECT_TRUE(has(torch_complaint(big_endian), "little-endian"));
}

TEST(TorchFile, AFlippedBitInAnArchivesStorageIsFound) {
  std::vector<uint8_t> bytes = torch_zip_file();
  const std::vector<float> part = {4, 5, 6};
  const auto* begin = reinterpret_cast<const uint8_t*>(part.data());
  const auto found = std::ranges::search(bytes, std::span(begin, 12));
  ASSERT_FALSE(found.empty());
  found.begin()[0] ^= 1;
  EXPECT_TRUE(has(torch_complaint(bytes), "CRC")) << torch_complaint(bytes);
}

TEST(TorchFile, ACompressedEntryIsRefused) {
  std::vector<uint8_t> bytes = torch_zip_file();
  const std::string central_header = "PK\x01\x02";
  for (auto at = bytes.begin(); at != bytes.end(); ++at) {
    at = std::ranges::search(at, bytes.end(), central_header.begin(), central_header.end()).begin();
    if (at == bytes.end()) break;
    at[10] = 8;  // deflated
  }
  EXPECT_TRUE(has(torch_complaint(bytes), "is compressed or encrypted")) << torch_complaint(bytes);
}

TEST(TorchFile, NoMutationOfAFileCrashes) {
  for (const auto& original : {torch_legacy_file(), torch_zip_file(), torch_objects_by_protocol_4()}) {
    int errors = 0;
    testing::internal::CaptureStderr();  // of what is skipped
    try_mutations(original, original.size(), 3000,
                  [&](const auto& bytes) { errors += !torch_complaint(bytes).empty(); });
    testing::internal::GetCapturedStderr();
    EXPECT_GT(errors, 1000);
    EXPECT_LT(errors, 3000);
  }
}

TEST(TorchFile, ReadsPublishedWeights) {
  const auto weights = testing_data() / "weights";
  if (!std::filesystem::exists(weights)) GTEST_SKIP() << "no " << weights << " (MASSFACE_DATA names another folder)";
  const NamedTensors pnet = read_torch_file(weights / "mtcnn/pnet.pt");
  EXPECT_EQ(pnet.tensors.size(), 13u);
  EXPECT_EQ(pnet.at("conv1.weight").sizes(), (std::vector<int64_t>{10, 3, 3, 3}));
  EXPECT_EQ(read_torch_file(weights / "mtcnn/rnet.pt").tensors.size(), 16u);
  EXPECT_EQ(read_torch_file(weights / "mtcnn/onet.pt").tensors.size(), 21u);
  const NamedTensors network = read_torch_file(weights / "mobilefacenet_pytorch_068.ckpt");
  EXPECT_EQ(network.tensors.size(), 333u);
  EXPECT_EQ(network.at("net_state_dict.linear7.conv.weight").sizes(), (std::vector<int64_t>{512, 1, 7, 6}));
}

}  // namespace
}  // namespace massface
