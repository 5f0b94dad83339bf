#include "core/flush.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "core/error.h"
#include "core/files.h"

namespace massface {
namespace {

namespace fs = std::filesystem;

// A file system writes the flushes of several threads together: 2,000 files of 5 KB took 0.2 s on 16 threads and 6 s on
// one (ext4).
constexpr size_t kFlushThreads = 16;

}  // namespace

void flush_to_disk(const fs::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const bool flushed = descriptor >= 0 && ::fsync(descriptor) == 0;
  const int reason = errno;
  if (descriptor >= 0) ::close(descriptor);
  if (!flushed) throw Failure(fmt::format("cannot flush {}: {}", printable(path.native()), std::strerror(reason)));
}

void flush_tree_to_disk(const fs::path& folder) {
  std::vector<fs::path> paths{folder};
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const fs::file_status status = entry.symlink_status();
    if (fs::is_regular_file(status) || fs::is_directory(status)) paths.push_back(entry.path());
  }
  std::atomic<size_t> next{0};
  std::mutex mutex;  // guards error
  std::exception_ptr error;
  const auto work = [&] {
    try {
      for (size_t i; (i = next++) < paths.size();) flush_to_disk(paths[i]);
    } catch (...) {
      next = paths.size();
      const std::lock_guard lock(mutex);
      error = std::current_exception();
    }
  };
  {
    std::vector<std::jthread> others;
    for (size_t i = 1; i < std::min(kFlushThreads, paths.size()); ++i) others.emplace_back(work);
    work();
  }
  if (error) std::rethrow_exception(error);
}

}  // namespace massface
