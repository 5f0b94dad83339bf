#include "core/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "core/error.h"
#include "core/files.h"
#include "core/lost_pages.h"

namespace massface {

MappedFile::MappedFile(const std::filesystem::path& path) {
  const auto name = [&] { return printable(path.native()); };
  // O_NONBLOCK: opening a pipe that has no writer would block forever.
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  require(descriptor >= 0, "cannot read {}: {}", name(), std::strerror(errno));
  struct stat status {};
  ::fstat(descriptor, &status);
  if (!S_ISREG(status.st_mode)) {
    ::close(descriptor);
    fail("cannot read {}: it is not a regular file", name());
  }
  const auto size = static_cast<size_t>(status.st_size);
  void* const memory = size == 0 ? nullptr : ::mmap(nullptr, size, PROT_READ, MAP_SHARED, descriptor, 0);
  const int reason = errno;
  ::close(descriptor);
  require(memory != MAP_FAILED, "cannot map {}: {}", name(), std::strerror(reason));
  bytes_ = {static_cast<const uint8_t*>(memory), size};
  if (size > 0) region_ = watch_for_lost_pages(bytes_);
}

MappedFile::~MappedFile() {
  if (bytes_.empty()) return;
  stop_watching(region_);
  ::munmap(const_cast<uint8_t*>(bytes_.data()), bytes_.size());
}

bool MappedFile::has_lost_bytes() const { return region_ != nullptr && region_->lost_bytes; }

OpenFileSize::OpenFileSize(const std::filesystem::path& path)
    : descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {
  require(descriptor_ >= 0, "cannot read {}: {}", printable(path.native()), std::strerror(errno));
}

OpenFileSize::~OpenFileSize() { ::close(descriptor_); }

uint64_t OpenFileSize::bytes() const {
  struct stat status {};
  return ::fstat(descriptor_, &status) == 0 ? static_cast<uint64_t>(status.st_size) : 0;
}

}  // namespace massface
