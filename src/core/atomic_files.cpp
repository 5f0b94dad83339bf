#include "core/atomic_files.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "core/error.h"
#include "core/failpoint.h"
#include "core/files.h"
#include "core/flush.h"
#include "core/hash.h"

namespace massface {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void throw_failed_write(const char* what, const fs::path& path) {
  throw Failure(fmt::format("{} {}: {}", what, printable(path.native()), std::strerror(errno)));
}

class OpenFile {
 public:
  explicit OpenFile(int value) : value_(value) {}
  ~OpenFile() {
    if (value_ >= 0) ::close(value_);
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  int get() const { return value_; }

 private:
  int value_;
};

void write_part(int descriptor, const uint8_t* bytes, size_t size, const fs::path& path) {
  while (size > 0) {
    const ssize_t written = ::write(descriptor, bytes, size);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw_failed_write("cannot write", path);
    bytes += written;
    size -= static_cast<size_t>(written);
  }
}

// path: the file's final path.
void write_all(int descriptor, const uint8_t* bytes, size_t size, const fs::path& path) {
  if (constexpr auto kHalf = "file.half_written"; size > 1 && failpoint_is_set(kHalf)) {
    const size_t half = size / 2;
    write_part(descriptor, bytes, half, path);
    failpoint(kHalf, path);
    bytes += half;
    size -= half;
  }
  write_part(descriptor, bytes, size, path);
}

// Returns '\n' for an empty file, whose last line is complete as well.
char last_byte(const fs::path& path) {
  const OpenFile descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  char byte = '\n';
  const off_t end = ::lseek(descriptor.get(), 0, SEEK_END);
  if (end > 0 && ::pread(descriptor.get(), &byte, 1, end - 1) != 1) return '\0';
  return byte;
}

enum class OtherWriter { kWaitFor, kRefuse };

// Locks what is open. Throws Error if another process has locked it and that is to be refused.
void lock_partial(int descriptor, const fs::path& path, OtherWriter other) {
  const int how = LOCK_EX | (other == OtherWriter::kRefuse ? LOCK_NB : 0);
  while (::flock(descriptor, how) != 0) {
    if (errno == EINTR) continue;
    require(errno != EWOULDBLOCK, "another process is writing {}. Wait for it, or choose another name",
            printable(path.native()));
    return;  // a file system without locks
  }
}

// Returns whether the name still leads to what is open: a process that held the lock before may have renamed it.
bool is_still(int descriptor, const fs::path& partial) {
  struct stat opened {
  }, named{};
  return ::fstat(descriptor, &opened) == 0 && ::stat(partial.c_str(), &named) == 0 && opened.st_ino == named.st_ino &&
         opened.st_dev == named.st_dev;
}

// Returns the descriptor of the empty file, locked until it is closed. path: the final name, for messages.
int open_partial_file(const fs::path& partial, const fs::path& path, OtherWriter other) {
  while (true) {
    const int descriptor = ::open(partial.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (descriptor < 0) throw_failed_write("cannot create", partial);
    try {
      lock_partial(descriptor, path, other);
      if (is_still(descriptor, partial)) {
        // What a killed writer has left.
        if (::ftruncate(descriptor, 0) != 0) throw_failed_write("cannot empty", partial);
        return descriptor;
      }
    } catch (...) {
      ::close(descriptor);
      throw;
    }
    ::close(descriptor);
  }
}

// The same for an empty folder.
int open_partial_folder(const fs::path& partial, const fs::path& path) {
  while (true) {
    std::error_code reason;
    fs::create_directories(partial, reason);
    const int descriptor = ::open(partial.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) {
      if (reason) errno = reason.value();
      throw_failed_write("cannot create", partial);
    }
    try {
      lock_partial(descriptor, path, OtherWriter::kRefuse);
      if (is_still(descriptor, partial)) {
        std::error_code ignored;
        for (const auto& entry : fs::directory_iterator(partial, ignored)) fs::remove_all(entry.path(), ignored);
        return descriptor;
      }
    } catch (...) {
      ::close(descriptor);
      throw;
    }
    ::close(descriptor);
  }
}

}  // namespace

fs::path partial_name(const fs::path& path) {
  constexpr size_t kLongest = 255;  // bytes of a name, in most file systems
  constexpr std::string_view kEnding = ".partial";
  const std::string name = path.filename().native();
  if (name.size() + kEnding.size() <= kLongest) return path.native() + std::string(kEnding);
  const std::string hash = hex(hash64(name));
  fs::path shortened = path;
  shortened.replace_filename(name.substr(0, kLongest - kEnding.size() - hash.size() - 1) + "-" + hash +
                             std::string(kEnding));
  return shortened;
}

void write_file_atomically(const fs::path& name, std::span<const uint8_t> bytes) {
  const fs::path path = written_place(name);
  const fs::path partial = partial_name(path);
  const OpenFile descriptor(open_partial_file(partial, path, OtherWriter::kWaitFor));
  try {
    write_all(descriptor.get(), bytes.data(), bytes.size(), path);
    if (::fsync(descriptor.get()) != 0) throw_failed_write("cannot flush", partial);
    failpoint("file.before_rename", path);
    if (::rename(partial.c_str(), path.c_str()) != 0) throw_failed_write("cannot replace", path);
  } catch (...) {
    ::unlink(partial.c_str());
    throw;
  }
  failpoint("file.after_rename", path);
  flush_to_disk(folder_of(path));
}

void write_file_atomically(const fs::path& path, std::string_view text) {
  write_file_atomically(path, std::span(reinterpret_cast<const uint8_t*>(text.data()), text.size()));
}

AtomicFile::AtomicFile(const fs::path& path)
    : path_(written_place(path)),
      partial_(partial_name(path_)),
      descriptor_(open_partial_file(partial_, path_, OtherWriter::kRefuse)) {}

AtomicFile::~AtomicFile() {
  if (descriptor_ < 0) return;
  ::unlink(partial_.c_str());  // while it is locked: afterwards it may be another process's
  ::close(descriptor_);
}

void AtomicFile::append(std::span<const uint8_t> bytes) {
  constexpr size_t kMostWaiting = size_t{4} << 20;
  size_ += bytes.size();
  if (waiting_.size() + bytes.size() > kMostWaiting) write_waiting();
  if (bytes.size() > kMostWaiting) return write_all(descriptor_, bytes.data(), bytes.size(), path_);
  waiting_.insert(waiting_.end(), bytes.begin(), bytes.end());
}

void AtomicFile::write_waiting() {
  write_all(descriptor_, waiting_.data(), waiting_.size(), path_);
  waiting_.clear();
}

void AtomicFile::overwrite(uint64_t position, std::span<const uint8_t> bytes) {
  check(position <= size_ && bytes.size() <= size_ - position, "the overwritten bytes exist");
  write_waiting();
  while (!bytes.empty()) {
    const ssize_t written = ::pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(position));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw_failed_write("cannot write", partial_);
    position += static_cast<uint64_t>(written);
    bytes = bytes.subspan(static_cast<size_t>(written));
  }
}

void AtomicFile::commit() {
  write_waiting();
  if (::fsync(descriptor_) != 0) throw_failed_write("cannot flush", partial_);
  failpoint("file.before_rename", path_);
  if (::rename(partial_.c_str(), path_.c_str()) != 0) throw_failed_write("cannot replace", path_);
  ::close(descriptor_);
  descriptor_ = -1;
  failpoint("file.after_rename", path_);
  flush_to_disk(folder_of(path_));
}

void write_directory_atomically(const fs::path& directory, const std::function<void(const fs::path&)>& write) {
  const fs::path path = without_final_slash(directory);
  const fs::path partial = partial_name(path);
  std::error_code ignored;
  const OpenFile lock(open_partial_folder(partial, path));
  try {
    write(partial);
    flush_tree_to_disk(partial);
    failpoint("folder.before_rename", path);
    if (::rename(partial.c_str(), path.c_str()) != 0) throw_failed_write("cannot rename to", path);
  } catch (...) {
    fs::remove_all(partial, ignored);
    throw;
  }
  failpoint("folder.after_rename", path);
  flush_to_disk(folder_of(path));
}

AppendFile::AppendFile(const fs::path& path)
    : path_(path), descriptor_(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644)) {
  if (descriptor_ < 0) throw_failed_write("cannot append to", path);
}

AppendFile::~AppendFile() { ::close(descriptor_); }

void AppendFile::append(std::string_view bytes) {
  const off_t before = ::lseek(descriptor_, 0, SEEK_END);
  try {
    write_all(descriptor_, reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size(), path_);
  } catch (...) {
    // If this is not a regular file, or the disk is gone, the part stays.
    [[maybe_unused]] const int ignored = before < 0 ? 0 : ::ftruncate(descriptor_, before);
    throw;
  }
}

LineFile::LineFile(const fs::path& path) : file_(path) {
  if (!is_file(path) || last_byte(path) == '\n') return;
  const std::string text = read_text_file(path);
  fs::resize_file(path, text.rfind('\n') + 1);  // 0 if no line has an end
}

}  // namespace massface
