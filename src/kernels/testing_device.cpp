#include "kernels/testing_device.h"

#include <fmt/format.h>
#include <sys/mman.h>
#include <ucontext.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <utility>

#include "kernels/testing_device_access.h"
#include "kernels/testing_device_memory.h"

namespace massface {
namespace {

constexpr int kWarp = 32;
constexpr int kMostThreads = 1024;  // of a block, on every GPU
constexpr size_t kStackBytes = size_t{64} << 10;

enum class State { kReady, kAtBarrier, kInWarp, kReturned };

struct Thread {
  ucontext_t context;
  dim3 index;
  State state = State::kReturned;
  CallPlace place;         // where it waits
  uint32_t mask = 0;       // kInWarp: the lanes that it waits for
  uint64_t value = 0;      // kInWarp: what it gives
  WarpValues values = {};  // what it got
};

// One block at a time. It is never destroyed, since a launch may end in the middle of its threads.
struct Device {
  Thread threads[kMostThreads];
  std::byte* stacks = nullptr;
  int num_threads = 0;
  int running = -1;
  ucontext_t scheduler;
  void (*start)(const void*) = nullptr;
  const void* context = nullptr;
  std::string fault;

  std::byte* stack(int thread) const { return stacks + static_cast<size_t>(thread) * kStackBytes; }
};

Device& device() {
  static Device* const only = [] {
    auto* made = new Device;
    made->stacks = static_cast<std::byte*>(mmap(nullptr, kMostThreads * kStackBytes, PROT_READ | PROT_WRITE,
                                                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
    if (made->stacks == MAP_FAILED) std::abort();
    return made;
  }();
  return *only;
}

std::string named(const dim3& index) { return fmt::format("({}, {}, {})", index.x, index.y, index.z); }
std::string named(const CallPlace& place) { return fmt::format("{}:{}", place.file, place.line); }
std::string named(const Thread& thread) {
  return fmt::format("thread {} of block {}", named(thread.index), named(launched.block));
}

// Leaves the running thread for good. Its stack is abandoned, since nothing may be thrown through the calls that the
// compiler inserts.
[[noreturn]] void fail_thread(const std::string& what) {
  device().fault = fmt::format("{} {}", named(device().threads[device().running]), what);
  setcontext(&device().scheduler);
  std::abort();
}

void wait(State state, const CallPlace& place) {
  Thread& thread = device().threads[device().running];
  thread.state = state;
  thread.place = place;
  swapcontext(&thread.context, &device().scheduler);
}

void run_thread() {
  device().start(device().context);
  device().threads[device().running].state = State::kReturned;
}

void prepare(int number) {
  Thread& thread = device().threads[number];
  const dim3& size = launched.block_size;
  const auto n = static_cast<unsigned>(number);
  thread.index = {n % size.x, n / size.x % size.y, n / size.x / size.y};
  thread.state = State::kReady;
  getcontext(&thread.context);
  thread.context.uc_stack = {device().stack(number), 0, kStackBytes};
  thread.context.uc_link = &device().scheduler;
  makecontext(&thread.context, run_thread, 0);
}

void resume(int number) {
  Thread& thread = device().threads[number];
  launched.thread = thread.index;
  device().running = number;
  swapcontext(&device().scheduler, &thread.context);
  device().running = -1;
  if (!device().fault.empty()) throw DeviceFault(std::exchange(device().fault, {}));
}

// Lets the threads go on if all of them wait at the same barrier.
bool pass_block_barrier() {
  const auto& threads = device().threads;
  for (int i = 0; i < device().num_threads; ++i) {
    const Thread& thread = threads[i];
    if (thread.state != State::kAtBarrier || !(thread.place == threads[0].place)) return false;
  }
  for (int i = 0; i < device().num_threads; ++i) device().threads[i].state = State::kReady;
  pass_barrier();
  return true;
}

// Lets the lanes that `leader` waits for go on, if all of those that have not returned made the same call.
bool exchange_with(int leader) {
  const int first = leader / kWarp * kWarp, last = std::min(first + kWarp, device().num_threads);
  const Thread& leading = device().threads[leader];
  const uint32_t mask = leading.mask;
  const CallPlace place = leading.place;
  WarpValues values{};
  for (int i = first; i < last; ++i) {
    const Thread& thread = device().threads[i];
    if ((mask >> (i - first) & 1u) == 0 || thread.state == State::kReturned) continue;
    if (thread.state != State::kInWarp || thread.mask != mask || !(thread.place == place)) return false;
    values.of_lane[i - first] = thread.value;
    values.lanes |= 1u << (i - first);
  }
  for (int i = first; i < last; ++i) {
    if ((values.lanes >> (i - first) & 1u) == 0) continue;
    Thread& thread = device().threads[i];
    thread.values = values;
    thread.values.own = i - first;
    thread.state = State::kReady;
  }
  return true;
}

// Lanes that make the same call must not name each other in different masks.
void check_masks() {
  const Thread* first = nullptr;
  for (int i = 0; i < device().num_threads; ++i) {
    const Thread& thread = device().threads[i];
    if (i % kWarp == 0) first = nullptr;
    if (thread.state != State::kInWarp) continue;
    if (first == nullptr) first = &thread;
    if (thread.mask != first->mask && (thread.mask & first->mask) != 0 && thread.place == first->place) {
      throw DeviceFault(fmt::format("{} and thread {} are at {}, but their masks differ", named(*first),
                                    named(thread.index), named(thread.place)));
    }
  }
}

bool pass_warps() {
  check_masks();
  bool passed = false;
  for (int i = 0; i < device().num_threads; ++i) {
    if (device().threads[i].state == State::kInWarp) passed |= exchange_with(i);
  }
  return passed;
}

// Names a thread that waits, and one that is elsewhere.
[[noreturn]] void fail_waiting() {
  const auto& threads = device().threads;
  int waiting = 0;
  while (threads[waiting].state == State::kReturned) ++waiting;
  const Thread& one = threads[waiting];
  std::string others;
  for (int i = 0; i < device().num_threads && others.empty(); ++i) {
    const Thread& thread = threads[i];
    if (thread.state == State::kReturned) others = fmt::format("thread {} has returned", named(thread.index));
    if (thread.state != State::kReturned && !(thread.place == one.place)) {
      others = fmt::format("thread {} waits at {}", named(thread.index), named(thread.place));
    }
  }
  if (others.empty()) others = "lanes of its warp name each other in different masks";
  throw DeviceFault(fmt::format("{} waits at {}, but {}", named(one), named(one.place), others));
}

void run_block() {
  begin_block();
  Device& all = device();
  for (int i = 0; i < all.num_threads; ++i) prepare(i);
  // Every second block runs its threads backwards, so that what depends on their order does not go unnoticed.
  const bool backwards = (launched.block.x + launched.block.y + launched.block.z) % 2 == 1;
  for (;;) {
    int returned = 0;
    for (int i = 0; i < all.num_threads; ++i) {
      const int number = backwards ? all.num_threads - 1 - i : i;
      const Thread& thread = all.threads[number];
      if (thread.state == State::kReady) resume(number);
      returned += thread.state == State::kReturned ? 1 : 0;
    }
    if (returned == all.num_threads) return;
    if (!pass_warps() && !pass_block_barrier()) fail_waiting();
  }
}

}  // namespace

Launched launched;

void note_device_access(const void* address, size_t bytes, Access access) {
  if (device().running < 0) return;
  const auto* at = static_cast<const std::byte*>(address);
  const std::byte* stack = device().stack(device().running);
  if (at >= stack && at < stack + kStackBytes) return;
  const auto* indices = reinterpret_cast<const std::byte*>(&launched);
  if (access == Access::kRead && at >= indices && at < indices + sizeof(Launched)) return;
  if (const std::string problem = note_access(address, bytes, access, device().running); !problem.empty()) {
    fail_thread(problem);
  }
}

void fail_device(const std::string& what) {
  if (device().running >= 0) fail_thread(what);
  fmt::print(stderr, "{}\n", what);
  std::abort();
}

void wait_for_block(CallPlace place) { wait(State::kAtBarrier, place); }

WarpValues exchange_in_warp(uint32_t mask, uint64_t value, CallPlace place) {
  const int number = device().running;
  Thread& thread = device().threads[number];
  if ((mask >> (number % kWarp) & 1u) == 0) fail_thread("is not in its own mask at " + named(place));
  thread.mask = mask;
  thread.value = value;
  wait(State::kInWarp, place);
  return thread.values;
}

uint64_t value_of_lane(const WarpValues& values, int lane) {
  if (lane < 0 || lane >= kWarp || (values.lanes >> lane & 1u) == 0) {
    fail_thread(fmt::format("shuffles from lane {}, which does not take part", lane));
  }
  return values.of_lane[lane];
}

void run_blocks(dim3 grid, dim3 block, void (*thread)(const void*), const void* context) {
  const auto threads = static_cast<uint64_t>(block.x) * block.y * block.z;
  if (threads < 1 || threads > kMostThreads || static_cast<uint64_t>(grid.x) * grid.y * grid.z == 0 ||
      grid.x > 0x7fffffffu || grid.y > 65535 || grid.z > 65535 || block.z > 64) {
    throw DeviceFault(fmt::format("a launch of {} blocks of {} threads", named(grid), named(block)));
  }
  device().num_threads = static_cast<int>(threads);
  device().start = thread;
  device().context = context;
  launched.block_size = block;
  launched.grid_size = grid;
  begin_launch();
  for (unsigned z = 0; z < grid.z; ++z) {
    for (unsigned y = 0; y < grid.y; ++y) {
      for (unsigned x = 0; x < grid.x; ++x) {
        launched.block = {x, y, z};
        run_block();
      }
    }
  }
}

}  // namespace massface

uint32_t __ballot_sync(uint32_t mask, int predicate, const char* file, int line) {
  const massface::WarpValues values = massface::exchange_in_warp(mask, predicate != 0 ? 1 : 0, {file, line});
  uint32_t ballot = 0;
  for (int i = 0; i < 32; ++i) ballot |= (values.lanes >> i & 1u) != 0 && values.of_lane[i] != 0 ? 1u << i : 0u;
  return ballot;
}

unsigned long long atomicAdd(unsigned long long* address, unsigned long long value) {
  massface::note_device_access(address, sizeof(*address), massface::Access::kAtomicAdd);
  const unsigned long long before = *address;
  *address += value;
  return before;
}

uint32_t __fns(uint32_t bits, uint32_t base, int n) {
  for (uint32_t i = base; i < 32; ++i) {
    if ((bits >> i & 1u) != 0 && --n == 0) return i;
  }
  return 0xffffffffu;
}
