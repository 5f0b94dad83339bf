#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <numeric>
#include <string>
#include <vector>

#include "core/testing_places.h"
#include "kernels/testing_device_memory.h"
#include "kernels/testing_faulty_cu.h"

namespace massface {
namespace {

// What the launch did wrong, or "" if nothing.
std::string fault_of(const std::function<void()>& launch) {
  try {
    launch();
  } catch (const DeviceFault& fault) {
    return fault.what();
  }
  return "";
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

std::vector<float> one_to(int n) {
  std::vector<float> values(static_cast<size_t>(n));
  std::iota(values.begin(), values.end(), 1.0f);
  return values;
}

TEST(TestingDevice, RunsAKernelWithABarrier) {
  const TestingArray<const float> in("in", one_to(4));
  TestingArray<float> out("out", Unwritten{4});
  reverse(4, in.data(), out.data());
  EXPECT_EQ(out.values(), (std::vector<float>{4, 3, 2, 1}));
}

TEST(TestingDevice, FindsAMissingBarrier) {
  const TestingArray<const float> in("in", one_to(64));
  TestingArray<float> out("out", Unwritten{64});
  // The first thread reads what the last has not written yet.
  const std::string fault = fault_of([&] { reverse_without_barrier(64, in.data(), out.data()); });
  EXPECT_TRUE(fault.starts_with("thread (0, 0, 0) of block (0, 0, 0) reads 4 bytes at byte ")) << fault;
  EXPECT_TRUE(has(fault, " of shared memory that nothing has written")) << fault;
}

TEST(TestingDevice, FindsAnAccessThatRacesThoughTheOtherThreadCameFirst) {
  TestingArray<unsigned long long> out("out", std::vector<unsigned long long>{0});
  EXPECT_EQ(fault_of([&] { count_threads(1, 2, out.data(), false); }),
            "thread (1, 0, 0) of block (0, 0, 0) reads 8 bytes at byte 0 of out that another thread has written since "
            "the last barrier");
}

TEST(TestingDevice, FindsAWriteOfWhatAnotherThreadOrBlockReads) {
  TestingArray<float> values("values", one_to(1)), out("out", one_to(1));
  EXPECT_EQ(fault_of([&] { write_what_was_read(1, 2, values.data(), out.data()); }),
            "thread (1, 0, 0) of block (0, 0, 0) writes 4 bytes at byte 0 of values that another thread has read since "
            "the last barrier");
  EXPECT_EQ(fault_of([&] { write_what_was_read(2, 1, values.data(), out.data()); }),
            "thread (0, 0, 0) of block (1, 0, 0) writes 4 bytes at byte 0 of values that another block has read in "
            "this launch");
  EXPECT_EQ(fault_of([&] { write_what_was_read(1, 1, values.data(), out.data()); }), "");
}

TEST(TestingDevice, FindsABarrierThatNotAllThreadsReach) {
  const TestingArray<const float> in("in", one_to(64));
  TestingArray<float> out("out", Unwritten{64});
  const std::string divergent = fault_of([&] { reverse_with_divergent_barrier(64, in.data(), out.data()); });
  EXPECT_FALSE(divergent.empty());
  const std::string two = fault_of([&] { reverse_with_two_barriers(64, in.data(), out.data()); });
  EXPECT_TRUE(has(two, "thread (0, 0, 0) of block (0, 0, 0) waits at ")) << two;
  EXPECT_TRUE(has(two, ", but thread (1, 0, 0) waits at ")) << two;
}

TEST(TestingDevice, FindsIndicesOutOfBounds) {
  const TestingArray<const float> in("in", one_to(33));
  TestingArray<float> out("out", Unwritten{33}), longer("longer", Unwritten{64});
  EXPECT_EQ(fault_of([&] { copy_shifted(33, 0, in.data(), out.data()); }),
            "thread (31, 0, 0) of block (1, 0, 0) reads 4 bytes that end 124 bytes behind in");
  EXPECT_EQ(fault_of([&] { copy_shifted(32, 2, in.data(), out.data()); }),
            "thread (31, 0, 0) of block (0, 0, 0) reads 4 bytes that end 4 bytes behind in");
  EXPECT_EQ(fault_of([&] { copy_shifted(32, -1, in.data(), out.data()); }),
            "thread (0, 0, 0) of block (0, 0, 0) reads 4 bytes that begin 4 bytes before in");
  EXPECT_EQ(fault_of([&] { copy_shifted(32, 1 << 28, in.data(), out.data()); }),
            "thread (0, 0, 0) of block (0, 0, 0) reads 4 bytes that do not belong to the device");
  const TestingArray<const float> enough("enough", one_to(64));
  EXPECT_EQ(fault_of([&] { copy_shifted(64, 0, enough.data(), longer.data()); }), "");
  // Backwards, since the block is the second.
  EXPECT_EQ(fault_of([&] { copy_shifted(64, 0, enough.data(), out.data()); }),
            "thread (31, 0, 0) of block (1, 0, 0) writes 4 bytes that end 124 bytes behind out");
}

TEST(TestingDevice, FindsAnIndexOutOfBoundsOfALocalOrSharedArray) {
  TestingArray<float> out("out", Unwritten{8});
  EXPECT_EQ(fault_of([&] { index_small_array(3, out.data()); }), "");
  EXPECT_TRUE(has(fault_of([&] { index_small_array(4, out.data()); }), "uses index 4 of an array"));
  const TestingArray<const float> in("in", one_to(65));
  TestingArray<float> many("many", Unwritten{65});
  EXPECT_TRUE(has(fault_of([&] { reverse(65, in.data(), many.data()); }), "uses index 64 of an array"));
}

TEST(TestingDevice, FindsWritesToConstants) {
  const TestingArray<const float> in("in", one_to(32)), out("out", one_to(32));
  EXPECT_EQ(fault_of([&] { copy_shifted(32, 0, in.data(), const_cast<float*>(out.data())); }),
            "thread (0, 0, 0) of block (0, 0, 0) writes 4 bytes at byte 0 of out that are constant");
}

TEST(TestingDevice, FindsReadsOfWhatNothingHasWritten) {
  const TestingArray<float> in("in", Unwritten{32});
  TestingArray<float> out("out", Unwritten{32});
  EXPECT_TRUE(has(fault_of([&] { copy_shifted(32, 0, in.data(), out.data()); }), "of in that nothing has written"));
  EXPECT_EQ(fault_of([&] { out.values(); }), "element 0 of out was never written");
  TestingArray<unsigned long long> count("count", Unwritten{1});
  EXPECT_TRUE(has(fault_of([&] { count_from_nothing(count.data()); }), "of shared memory that nothing has written"));
  const TestingArray<const float> whole("whole", one_to(16));
  EXPECT_TRUE(has(fault_of([&] { reverse_shifted(16, whole.data(), out.data()); }), "that nothing has written"));
}

TEST(TestingDevice, FindsReadsOfTheHostsMemory) {
  TestingArray<float> out("out", Unwritten{1});
  EXPECT_TRUE(has(fault_of([&] { read_host_memory(out.data()); }), "do not belong to the device"));
}

TEST(TestingDevice, FindsBlocksThatDependOnEachOther) {
  TestingArray<float> values("values", Unwritten{2});
  EXPECT_EQ(fault_of([&] { exchange_between_blocks(values.data()); }),
            "thread (0, 0, 0) of block (1, 0, 0) reads 4 bytes at byte 0 of values that another block has written in "
            "this launch");
}

TEST(TestingDevice, AddsAtomicallyAcrossThreadsAndBlocks) {
  TestingArray<unsigned long long> out("out", std::vector<unsigned long long>{0});
  count_threads(3, 70, out.data(), true);
  EXPECT_EQ(out.values()[0], 210u);
}

TEST(TestingDevice, RefusesALaunchThatAGpuRefuses) {
  TestingArray<unsigned long long> out("out", std::vector<unsigned long long>{0});
  EXPECT_EQ(fault_of([&] { count_threads(0, 32, out.data(), true); }),
            "a launch of (0, 1, 1) blocks of (32, 1, 1) threads");
  EXPECT_EQ(fault_of([&] { count_threads(1, 1025, out.data(), true); }),
            "a launch of (1, 1, 1) blocks of (1025, 1, 1) threads");
}

TEST(TestingDevice, ReducesAndBallotsWithinEachWarp) {
  std::vector<float> values = one_to(64);
  values[33] = -1;
  const TestingArray<const float> in("in", values);
  TestingArray<float> out("out", Unwritten{64});
  TestingArray<uint32_t> ballots("ballots", Unwritten{64});
  reduce_warps(64, in.data(), out.data(), ballots.data());
  for (size_t i = 0; i < 64; ++i) {
    EXPECT_EQ(out.values()[i], i < 32 ? 528.0f : 1552.0f - 35.0f) << i;  // 1 + ... + 32, 33 + ... + 64 with -1 for 34
    EXPECT_EQ(ballots.values()[i], i < 32 ? 0xffffffffu : 0xfffffffdu) << i;
  }
}

TEST(TestingDevice, FindsLanesThatDoNotTakePart) {
  TestingArray<float> out("out", Unwritten{32});
  TestingArray<uint32_t> bits("bits", Unwritten{32});
  EXPECT_TRUE(has(fault_of([&] { shuffle_in_branches(out.data()); }), "waits at"));
  EXPECT_TRUE(has(fault_of([&] { shuffle_from_returned(out.data()); }), "shuffles from lane 16, which"));
  EXPECT_TRUE(
      has(fault_of([&] { ballot_outside_of_mask(bits.data()); }), "(1, 0, 0) of block (0, 0, 0) is not in its"));
  EXPECT_TRUE(has(fault_of([&] { shuffle_with_different_masks(out.data()); }), "masks differ"));
  const TestingArray<const float> in("in", one_to(48));
  TestingArray<float> sums("sums", Unwritten{48});
  TestingArray<uint32_t> ballots("ballots", Unwritten{48});
  EXPECT_TRUE(has(fault_of([&] { reduce_warps(48, in.data(), sums.data(), ballots.data()); }),
                  "thread (32, 0, 0) of block (0, 0, 0) shuffles from lane 16, which does not take part"));
}

TEST(TestingDevice, FindsTheNthBit) {
  EXPECT_EQ(nth_bit(0b101100, 0, 1), 2u);
  EXPECT_EQ(nth_bit(0b101100, 0, 3), 5u);
  EXPECT_EQ(nth_bit(0b101100, 3, 1), 3u);
  EXPECT_EQ(nth_bit(0b101100, 0, 4), 0xffffffffu);
}

TEST(TestingDevice, GoesOnAfterAFault) {
  const TestingArray<const float> in("in", one_to(64));
  TestingArray<float> out("out", Unwritten{64});
  for (int i = 0; i < 3; ++i) {
    EXPECT_NE(fault_of([&] { reverse_without_barrier(64, in.data(), out.data()); }), "");
    EXPECT_EQ(fault_of([&] { reverse(64, in.data(), out.data()); }), "");
  }
}

std::string contents(const std::filesystem::path& file) {
  std::ifstream stream(file);
  return {std::istreambuf_iterator<char>(stream), {}};
}

// A .cu file whose kernels only a GPU can run would be tested nowhere.
TEST(DeviceSources, AreAllCompiledAsCppForTheTests) {
  int64_t sources = 0;
  for (const auto& room : std::filesystem::directory_iterator(source_root() / "src")) {
    if (!room.is_directory()) continue;
    std::string included;
    for (const auto& entry : std::filesystem::directory_iterator(room)) {
      if (entry.path().filename().string().ends_with("_cu.cpp")) included += contents(entry.path());
    }
    for (const auto& entry : std::filesystem::directory_iterator(room)) {
      if (entry.path().extension() != ".cu") continue;
      ++sources;
      const std::string name = (room.path().filename() / entry.path().filename()).string();
      EXPECT_TRUE(has(included, "#include \"" + name + "\""))
          << name << " is included by no testing_*_cu.cpp beside it (docs/extending.md, \"A kernel for GPUs\")";
    }
  }
  EXPECT_GE(sources, 3);
}

}  // namespace
}  // namespace massface
