#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

// The memory of the testing device (kernels/testing_device.h). Every byte remembers whether it has a value, and which
// threads touched it since which barrier.
namespace massface {

// What a kernel did wrong: "thread (3, 0, 0) of block (1, 0, 0) reads 4 bytes ...".
class DeviceFault : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// The accesses to one byte.
struct TouchedByte {
  uint32_t written_at = 0;     // numbers of phases, which are the times between two barriers; 0 is before all of them
  uint32_t first_read_at = 0;  // in the current launch
  uint32_t last_read_at = 0;
  uint16_t reader = 0;  // in the phase last_read_at: a thread of the block, or kSeveralThreads
  uint16_t writer : 14 = 0;
  bool atomic : 1 = false;  // the last write
  bool has_value : 1 = false;
};

// A range of bytes that kernels may access, from construction to destruction.
class TestingMemory {
 public:
  // Sets no values. Accesses within kMargin bytes before and behind are reported by this name.
  TestingMemory(std::string name, size_t bytes, bool writable);
  // For memory that exists already.
  TestingMemory(std::string name, std::byte* begin, size_t bytes);
  ~TestingMemory();
  TestingMemory(const TestingMemory&) = delete;
  TestingMemory& operator=(const TestingMemory&) = delete;

  static constexpr size_t kMargin = 4096;

  std::byte* begin() const { return begin_; }
  const std::string& name() const { return name_; }
  size_t size() const { return touched_.size(); }
  bool writable() const { return writable_; }
  std::vector<TouchedByte>& touched() { return touched_; }
  const std::vector<TouchedByte>& touched() const { return touched_; }

  void forget_values();
  void set_values(const void* from);

 private:
  std::string name_;
  std::vector<std::byte> own_;
  std::byte* begin_;
  bool writable_;
  std::vector<TouchedByte> touched_;
};

// An array without values: a kernel must write an element before it reads it.
struct Unwritten {
  int64_t size;
};

// An array of the testing device. Kernels may only read it if T is const.
template <class T>
class TestingArray {
 public:
  using Value = std::remove_const_t<T>;

  TestingArray(const std::string& name, const std::vector<Value>& values)
      : memory_(name, values.size() * sizeof(T), !std::is_const_v<T>) {
    memory_.set_values(values.data());
  }
  TestingArray(const std::string& name, Unwritten array)
      : memory_(name, static_cast<size_t>(array.size) * sizeof(T), !std::is_const_v<T>) {}

  T* data() const { return reinterpret_cast<T*>(memory_.begin()); }

  // Throws DeviceFault if an element was never written.
  std::vector<Value> values() const {
    const size_t size = memory_.size() / sizeof(T);
    for (size_t i = 0; i < memory_.size(); ++i) {
      if (!memory_.touched()[i].has_value) {
        throw DeviceFault("element " + std::to_string(i / sizeof(T)) + " of " + memory_.name() + " was never written");
      }
    }
    std::vector<Value> copy(size);
    if (size > 0) memcpy(copy.data(), memory_.begin(), memory_.size());
    return copy;
  }

 private:
  TestingMemory memory_;
};

enum class Access { kRead, kWrite, kAtomicAdd };

// What the scheduler tells the memory. begin_block() and pass_barrier() begin a phase.
void begin_launch();
void begin_block();
void pass_barrier();

// Notes an access of a thread of the current block. Returns what is wrong with it, or nothing.
std::string note_access(const void* address, size_t bytes, Access access, int thread);

}  // namespace massface
