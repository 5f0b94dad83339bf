#include "core/lost_pages.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <mutex>
#include <vector>

#include "core/error.h"

namespace massface {
namespace {

std::atomic<MappedRegion*> first_region{nullptr};
uintptr_t page_bytes = 0;
struct sigaction action_before {};

std::mutex unused_mutex;  // guards unused_regions
std::vector<MappedRegion*>& unused_regions() {
  static auto* regions = new std::vector<MappedRegion*>;  // never destroyed: files may be closed at exit
  return *regions;
}

MappedRegion* region_with(uintptr_t address) {
  for (MappedRegion* region = first_region; region != nullptr; region = region->next) {
    if (region->begin <= address && address < region->end) return region;
  }
  return nullptr;
}

// Runs in the thread that read the byte. Only calls what a signal handler may call; mmap() is a system call.
void replace_lost_page(int, siginfo_t* fault, void*) {
  const int reason = errno;
  const auto address = reinterpret_cast<uintptr_t>(fault->si_addr);
  if (MappedRegion* region = region_with(address)) {
    region->lost_bytes = true;
    void* const page = reinterpret_cast<void*>(address & ~(page_bytes - 1));
    const void* zeros = ::mmap(page, page_bytes, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    errno = reason;
    if (zeros != MAP_FAILED) return;
  }
  // The instruction is repeated, and now meets what would have happened without this handler.
  ::sigaction(SIGBUS, &action_before, nullptr);
}

void install_handler() {
  static std::once_flag installed;
  std::call_once(installed, [] {
    page_bytes = static_cast<uintptr_t>(::sysconf(_SC_PAGESIZE));
    struct sigaction action {};
    action.sa_sigaction = replace_lost_page;
    action.sa_flags = SA_SIGINFO;
    ::sigemptyset(&action.sa_mask);
    check(::sigaction(SIGBUS, &action, &action_before) == 0, "a handler of SIGBUS can be installed");
  });
}

MappedRegion* unused_region() {
  const std::lock_guard lock(unused_mutex);
  if (!unused_regions().empty()) {
    MappedRegion* region = unused_regions().back();
    unused_regions().pop_back();
    return region;
  }
  auto* region = new MappedRegion;
  region->next = first_region;
  first_region = region;
  return region;
}

}  // namespace

MappedRegion* watch_for_lost_pages(std::span<const uint8_t> bytes) {
  install_handler();
  MappedRegion* region = unused_region();
  region->lost_bytes = false;
  region->begin = reinterpret_cast<uintptr_t>(bytes.data());
  region->end = region->begin + bytes.size();
  return region;
}

void stop_watching(MappedRegion* region) {
  region->end = 0;
  const std::lock_guard lock(unused_mutex);
  unused_regions().push_back(region);
}

}  // namespace massface
