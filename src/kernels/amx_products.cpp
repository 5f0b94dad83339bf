#include "kernels/avx512_bfloat16.h"
#include "kernels/bfloat16_kernels.h"
#include "kernels/tile_products.h"

#if defined(__x86_64__) && defined(__linux__)
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace massface {

#if defined(__x86_64__) && defined(__linux__)

namespace {

constexpr Bfloat16Kernels kAmx{"AMX_BF16", "AMX tiles", multiply_block_with_tiles<AmxTiles>,
                               add_transposed_product_with_tiles<AmxTiles>};

bool processor_has_tiles() {
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  constexpr unsigned kAmxBfloat16 = 1U << 22, kAmxTile = 1U << 24;
  if (__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) == 0) return false;
  return (edx & kAmxBfloat16) != 0 && (edx & kAmxTile) != 0;
}

// Linux (since 5.16) saves the tiles only of processes that ask for it, for all of their threads.
bool system_allows_tiles() {
  constexpr long kRequestPermission = 0x1023, kTileData = 18;  // ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA
  return syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
}

}  // namespace

const Bfloat16Kernels* tile_kernels() {
  static const bool here = has_avx512_bfloat16() && processor_has_tiles() && system_allows_tiles();
  return here ? &kAmx : nullptr;
}

#else

const Bfloat16Kernels* tile_kernels() { return nullptr; }

#endif

}  // namespace massface
