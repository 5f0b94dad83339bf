#include "core/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "core/error.h"
#include "core/files.h"

namespace massface {

FileLock::FileLock(const std::filesystem::path& path, const std::string& busy) {
  std::error_code ignored;
  const int how = std::filesystem::is_directory(path, ignored) ? O_RDONLY | O_DIRECTORY : O_WRONLY | O_CREAT;
  descriptor_ = ::open(path.c_str(), how | O_CLOEXEC, 0644);
  require(descriptor_ >= 0, "cannot open {}: {}", printable(path.native()), std::strerror(errno));
  if (::flock(descriptor_, LOCK_EX | LOCK_NB) == 0) return;
  ::close(descriptor_);
  fail("{}", busy);
}

FileLock::~FileLock() { ::close(descriptor_); }

}  // namespace massface
