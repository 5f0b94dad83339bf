#include "kernels/testing_device_memory.h"

#include <fmt/format.h>

#include <algorithm>

// The linker's names for the ends of the section of __shared__ variables. They are null if there is none.
extern std::byte __start_massface_shared[] __attribute__((weak));
extern std::byte __stop_massface_shared[] __attribute__((weak));

namespace massface {
namespace {

constexpr uint16_t kSeveralThreads = 0x3fff;

std::vector<TestingMemory*>& memories() {
  static std::vector<TestingMemory*> all;
  return all;
}

uint32_t phase = 0;        // the current one
uint32_t launch_from = 0;  // the first phase of the launch
uint32_t block_from = 0;   // the first phase of the block

TestingMemory& shared_memory() {
  static TestingMemory memory("shared memory", __start_massface_shared,
                              static_cast<size_t>(__stop_massface_shared - __start_massface_shared));
  return memory;
}

// Returns who has touched the byte such that the thread must not do so now, or null.
const char* conflict(const TouchedByte& byte, Access access, int thread) {
  const bool both_atomic = access == Access::kAtomicAdd && byte.atomic;
  if (byte.written_at >= launch_from && !both_atomic) {
    if (byte.written_at < block_from) return "another block has written in this launch";
    if (byte.written_at == phase && byte.writer != thread) return "another thread has written since the last barrier";
  }
  if (access != Access::kRead && byte.first_read_at >= launch_from) {
    if (byte.first_read_at < block_from) return "another block has read in this launch";
    if (byte.last_read_at == phase && byte.reader != thread) return "another thread has read since the last barrier";
  }
  return nullptr;
}

void note_read(TouchedByte& byte, int thread) {
  if (byte.first_read_at < launch_from) byte.first_read_at = phase;
  byte.reader = byte.last_read_at == phase && byte.reader != thread ? kSeveralThreads : static_cast<uint16_t>(thread);
  byte.last_read_at = phase;
}

void note_write(TouchedByte& byte, Access access, int thread) {
  byte.writer = byte.written_at == phase && byte.writer != thread ? kSeveralThreads : static_cast<uint16_t>(thread);
  byte.written_at = phase;
  byte.atomic = access == Access::kAtomicAdd;
  byte.has_value = true;
}

// The memory to which the address belongs, or in whose margins it lies.
TestingMemory* memory_at(const std::byte* address) {
  for (TestingMemory* memory : memories()) {
    if (address + TestingMemory::kMargin >= memory->begin() &&
        address < memory->begin() + memory->size() + TestingMemory::kMargin) {
      return memory;
    }
  }
  return nullptr;
}

std::string counted(int64_t bytes) { return fmt::format("{} byte{}", bytes, bytes == 1 ? "" : "s"); }

std::string described(Access access, size_t bytes) {
  const char* does = access == Access::kRead ? "reads" : access == Access::kWrite ? "writes" : "adds to";
  return fmt::format("{} {}", does, counted(static_cast<int64_t>(bytes)));
}

}  // namespace

TestingMemory::TestingMemory(std::string name, size_t bytes, bool writable)
    : name_(std::move(name)),
      own_(bytes + 2 * kMargin, std::byte{0xff}),
      begin_(own_.data() + kMargin),
      writable_(writable),
      touched_(bytes) {
  memories().push_back(this);
}

TestingMemory::TestingMemory(std::string name, std::byte* begin, size_t bytes)
    : name_(std::move(name)), begin_(begin), writable_(true), touched_(bytes) {}

TestingMemory::~TestingMemory() { std::erase(memories(), this); }

void TestingMemory::forget_values() {
  std::fill_n(begin_, size(), std::byte{0xff});
  std::ranges::fill(touched_, TouchedByte());
}

void TestingMemory::set_values(const void* from) {
  if (size() > 0) memcpy(begin_, from, size());
  for (TouchedByte& byte : touched_) byte.has_value = true;
}

void begin_launch() { launch_from = phase + 1; }

void begin_block() {
  block_from = ++phase;
  shared_memory().forget_values();
}

void pass_barrier() { ++phase; }

std::string note_access(const void* address, size_t bytes, Access access, int thread) {
  const auto* at = static_cast<const std::byte*>(address);
  TestingMemory& shared = shared_memory();
  const bool is_shared = at >= shared.begin() && at < shared.begin() + shared.size();
  TestingMemory* memory = is_shared ? &shared : memory_at(at);
  if (memory == nullptr) return described(access, bytes) + " that do not belong to the device";

  const int64_t offset = at - memory->begin(), size = static_cast<int64_t>(memory->size());
  const int64_t behind = offset + static_cast<int64_t>(bytes) - size;
  const std::string& name = memory->name();
  if (offset < 0) return fmt::format("{} that begin {} before {}", described(access, bytes), counted(-offset), name);
  if (behind > 0) return fmt::format("{} that end {} behind {}", described(access, bytes), counted(behind), name);
  const char* problem = access != Access::kRead && !memory->writable() ? "are constant" : nullptr;
  for (int64_t i = offset; problem == nullptr && i < offset + static_cast<int64_t>(bytes); ++i) {
    TouchedByte& byte = memory->touched()[static_cast<size_t>(i)];
    problem = access != Access::kWrite && !byte.has_value ? "nothing has written" : conflict(byte, access, thread);
    if (access == Access::kRead) note_read(byte, thread);
    if (access != Access::kRead) note_write(byte, access, thread);
  }
  if (problem == nullptr) return {};
  return fmt::format("{} at byte {} of {} that {}", described(access, bytes), offset, name, problem);
}

}  // namespace massface
