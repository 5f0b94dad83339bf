#pragma once

// CUDA as C++: the tests run kernels on machines without a GPU. A source testing_NAME_cu.cpp includes this header and a
// .cu file, whose kernels it compiles once more. They use the memory of kernels/testing_device_memory.h. The blocks of
// a launch run one after another, and the threads of a block as fibers, each until it has to wait for others. A launch
// ends with a DeviceFault at the first thing that a kernel must not do:
//
// - access memory that is neither a TestingArray nor a shared or local variable, or write an array of constants;
// - read a byte that nothing has written (shared memory is without values in each new block);
// - access a byte that another thread writes, without a barrier (__syncthreads) between the two, or that another block
//   writes in the same launch, unless both accesses are atomic;
// - wait at a barrier that another thread of the block does not reach, or while that thread waits at another one;
// - wait for lanes of the warp that never make the same call, name each other in different masks, or shuffle from a
//   lane that does not take part;
// - index an array beyond its bounds.
//
// The compiler finds the accesses: it calls a function before each, as for the thread sanitizer, and
// kernels/testing_device_hooks.cpp defines these functions (massface_kernels_as_cpp in cmake/MassfaceRoom.cmake has the
// flags). Only what our kernels use of CUDA is here: a kernel that uses more does not compile until it is added.
// Nothing here says how fast a kernel is, how a GPU's caches order accesses, or which instructions nvcc makes.

#include <math.h>

#include <cstdint>
#include <cstring>
#include <type_traits>

#ifdef MASSFACE_HOST_DEVICE
#error "kernels/testing_device.h comes first: the functions shared with the host have to be inlined into the kernels"
#endif
// Without this, the linker might take another source's copy of such a function, in which accesses are not found.
#define MASSFACE_HOST_DEVICE __attribute__((always_inline))

#define __device__
#define __global__ __attribute__((noinline))
#define __shared__ static __attribute__((section("massface_shared")))
#define threadIdx massface::launched.thread
#define blockIdx massface::launched.block
#define blockDim massface::launched.block_size
#define gridDim massface::launched.grid_size

struct CUstream_st;

struct dim3 {
  unsigned x, y, z;
  dim3(unsigned x = 1, unsigned y = 1, unsigned z = 1) : x(x), y(y), z(z) {}
};

namespace massface {

// What the running thread's indices are.
struct Launched {
  dim3 thread, block, block_size, grid_size;
};
extern Launched launched;

// Where a function was called. Threads that wait for each other must do so at the same place.
struct CallPlace {
  const char* file = nullptr;
  int line = 0;
  bool operator==(const CallPlace& other) const { return line == other.line && !strcmp(file, other.file); }
};

// The values that the lanes of a warp passed to the same call.
struct WarpValues {
  uint64_t of_lane[32];
  uint32_t lanes;  // the lanes that took part, one bit each
  int own;         // the calling lane
};

void wait_for_block(CallPlace place);
WarpValues exchange_in_warp(uint32_t mask, uint64_t value, CallPlace place);
uint64_t value_of_lane(const WarpValues& values, int lane);

// Calls thread(context) for each thread of each block. Throws DeviceFault, which names the thread and what it did.
void run_blocks(dim3 grid, dim3 block, void (*thread)(const void* context), const void* context);

// The twin of kernels/launch_kernel.h. The inner namespace gives it another name, since both may be linked.
inline namespace on_testing_device {

template <class... Parameters, class... Arguments>
void launch_kernel(void (*kernel)(Parameters...), dim3 grid, dim3 block, CUstream_st*, const Arguments&... arguments) {
  // Copies the arguments to the stack of each thread. They come from the host's memory, where the kernel may not read.
  const auto start = [&]() __attribute__((no_sanitize("thread"))) { kernel(arguments...); };
  const auto call = [](const void* context) __attribute__((no_sanitize("thread"))) {
    (*static_cast<decltype(start)*>(context))();
  };
  run_blocks(grid, block, call, &start);
}

}  // namespace on_testing_device
}  // namespace massface

inline void __syncthreads(const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
  massface::wait_for_block({file, line});
}

template <class T>
T __shfl_xor_sync(uint32_t mask, T value, int lanes, const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
  static_assert(std::is_arithmetic_v<T> && (sizeof(T) == 4 || sizeof(T) == 8), "a type that CUDA can shuffle");
  uint64_t bits = 0;
  memcpy(&bits, &value, sizeof(T));
  const massface::WarpValues values = massface::exchange_in_warp(mask, bits, {file, line});
  bits = massface::value_of_lane(values, values.own ^ lanes);
  memcpy(&value, &bits, sizeof(T));
  return value;
}

uint32_t __ballot_sync(uint32_t mask, int predicate, const char* file = __builtin_FILE(), int line = __builtin_LINE());
unsigned long long atomicAdd(unsigned long long* address, unsigned long long value);

inline int __popc(uint32_t bits) { return __builtin_popcount(bits); }
// Returns the position of the n-th bit that is set (from 1) at `base` or above, or 0xffffffff.
uint32_t __fns(uint32_t bits, uint32_t base, int n);
