#include <fmt/format.h>

#include <cstdint>

#include "kernels/testing_device_access.h"

// The functions that g++ calls with -fsanitize=thread before each access, and with -fsanitize=bounds where an index is
// outside of its array. The test programs do not link the sanitizers' libraries, but these instead. If a kernel makes
// g++ call one that is missing here, the test program does not link.

using massface::Access;
using massface::note_device_access;

// NOLINTBEGIN: names and signatures are the compiler's.
#define MASSFACE_ACCESSES(bytes)                                                                            \
  void __tsan_read##bytes(void* address) { note_device_access(address, bytes, Access::kRead); }             \
  void __tsan_write##bytes(void* address) { note_device_access(address, bytes, Access::kWrite); }           \
  void __tsan_unaligned_read##bytes(void* address) { note_device_access(address, bytes, Access::kRead); }   \
  void __tsan_unaligned_write##bytes(void* address) { note_device_access(address, bytes, Access::kWrite); } \
  void __tsan_volatile_read##bytes(void* address) { note_device_access(address, bytes, Access::kRead); }    \
  void __tsan_volatile_write##bytes(void* address) { note_device_access(address, bytes, Access::kWrite); }

extern "C" {

void __tsan_init() {}
void __tsan_func_entry(void*) {}
void __tsan_func_exit() {}
void __tsan_vptr_update(void**, void*) {}

MASSFACE_ACCESSES(1)
MASSFACE_ACCESSES(2)
MASSFACE_ACCESSES(4)
MASSFACE_ACCESSES(8)
MASSFACE_ACCESSES(16)

void __tsan_read_range(void* address, size_t bytes) { note_device_access(address, bytes, Access::kRead); }
void __tsan_write_range(void* address, size_t bytes) { note_device_access(address, bytes, Access::kWrite); }

struct IndexOutOfBounds {
  const char* file;
  uint32_t line, column;
};

void __ubsan_handle_out_of_bounds(IndexOutOfBounds* at, uintptr_t index) {
  massface::fail_device(
      fmt::format("uses index {} of an array that does not have it, at {}:{}", index, at->file, at->line));
}
void __ubsan_handle_out_of_bounds_abort(IndexOutOfBounds* at, uintptr_t index) {
  __ubsan_handle_out_of_bounds(at, index);
}

}  // extern "C"
// NOLINTEND
