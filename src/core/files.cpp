#include "core/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "core/error.h"
#include "core/failpoint.h"
#include "core/file_kind.h"
#include "core/flush.h"

namespace massface {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void throw_failure(const char* what, const fs::path& path) {
  throw Failure(fmt::format("{} {}: {}", what, printable(path.native()), std::strerror(errno)));
}

// Returns whether another path or other permissions would help. A full or broken disk is not the user's mistake.
bool is_mistake_in_path(int reason) {
  for (const int mistake : {EACCES, EPERM, EROFS, ENOENT, ENOTDIR, EISDIR, EEXIST, ENAMETOOLONG, ELOOP}) {
    if (reason == mistake) return true;
  }
  return false;
}

class Descriptor {
 public:
  explicit Descriptor(int value) : value_(value) {}
  ~Descriptor() {
    if (value_ >= 0) ::close(value_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return value_; }

 private:
  int value_;
};

void write_part(int descriptor, const uint8_t* bytes, size_t size, const fs::path& path) {
  while (size > 0) {
    const ssize_t written = ::write(descriptor, bytes, size);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw_failure("cannot write", path);
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

fs::path folder_of(const fs::path& path) { return path.has_parent_path() ? path.parent_path() : fs::path("."); }

// Returns '\n' for an empty file, whose last line is complete as well.
char last_byte(const fs::path& path) {
  const Descriptor descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  char byte = '\n';
  const off_t end = ::lseek(descriptor.get(), 0, SEEK_END);
  if (end > 0 && ::pread(descriptor.get(), &byte, 1, end - 1) != 1) return '\0';
  return byte;
}

// Uses the short escapes for the characters whose escapes are well known.
std::string escaped(uint8_t byte) {
  switch (byte) {
    case '\t':
      return "\\t";
    case '\n':
      return "\\n";
    case '\r':
      return "\\r";
    default:
      return fmt::format("\\x{:02x}", byte);
  }
}

}  // namespace

fs::path without_final_slash(const fs::path& path) { return path.has_filename() ? path : path.parent_path(); }

std::string expand_home(const std::string& path) {
  const char* home = std::getenv("HOME");
  const bool is_below_home = path == "~" || path.starts_with("~/");
  return is_below_home && home != nullptr && *home != '\0' ? home + path.substr(1) : path;
}

fs::path absolute_path(const fs::path& path) {
  const fs::path whole = fs::absolute(expand_home(path.native()));
  const fs::path plain = whole.lexically_normal();
  // "link/.." is the parent of the link's target, which removing it from the text would not find.
  std::error_code missing;
  const bool same = fs::equivalent(whole, plain, missing);
  return same || !fs::exists(whole, missing) ? plain : whole;
}

std::vector<uint8_t> read_file(const fs::path& path) {
  // O_NONBLOCK: opening a pipe that has no writer would block forever.
  const Descriptor descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  require(descriptor.get() >= 0, "cannot read {}: {}", printable(path.native()), std::strerror(errno));
  struct stat status {};
  ::fstat(descriptor.get(), &status);
  require(!S_ISDIR(status.st_mode), "cannot read {}: it is a folder", printable(path.native()));
  // A pipe may never end, and a device may deliver bytes until the memory is full.
  require(S_ISREG(status.st_mode), "cannot read {}: it is not a regular file", printable(path.native()));
  std::vector<uint8_t> bytes(static_cast<size_t>(status.st_size));
  size_t filled = 0;
  while (true) {
    // Files in /proc report a size of 0, and a file may grow while it is read: read to the end, not to the reported
    // size.
    if (filled == bytes.size()) {
      uint8_t more[4096];
      const ssize_t count = ::read(descriptor.get(), more, sizeof(more));
      if (count < 0 && errno == EINTR) continue;
      require(count >= 0, "cannot read {}: {}", printable(path.native()), std::strerror(errno));
      if (count == 0) return bytes;
      bytes.insert(bytes.end(), more, more + count);
      filled = bytes.size();
      continue;
    }
    const ssize_t count = ::read(descriptor.get(), bytes.data() + filled, bytes.size() - filled);
    if (count < 0 && errno == EINTR) continue;
    require(count >= 0, "cannot read {}: {}", printable(path.native()), std::strerror(errno));
    if (count == 0) {
      bytes.resize(filled);
      return bytes;
    }
    filled += static_cast<size_t>(count);
  }
}

std::string read_text_file(const fs::path& path) {
  const auto bytes = read_file(path);
  return {bytes.begin(), bytes.end()};
}

void require_text_file(const fs::path& path, std::string_view what, std::string_view expected) {
  constexpr uintmax_t kMostTextBytes = uintmax_t{8} << 30;
  const Descriptor descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  char start[4096];
  const ssize_t count = descriptor.get() < 0 ? 0 : ::read(descriptor.get(), start, sizeof(start));
  const bool is_text =
      std::string_view(start, static_cast<size_t>(std::max<ssize_t>(count, 0))).find('\0') == std::string_view::npos;
  const FileKind kind =
      kind_of_file({reinterpret_cast<const uint8_t*>(start), static_cast<size_t>(std::max<ssize_t>(count, 0))});
  require(kind.use != FileUse::kNotTheFile, "{} is not {} but {}; {}", printable(path.native()), what, kind.name,
          kind.cure);
  require(is_text, "{} is not {}: it contains bytes that are not text. {}", printable(path.native()), what, expected);
  std::error_code unreadable;
  const uintmax_t bytes = fs::file_size(path, unreadable);
  require(unreadable || bytes <= kMostTextBytes, "{} has {} bytes, too many for {} (at most {}). {}",
          printable(path.native()), bytes, what, kMostTextBytes, expected);
}

void write_file_atomically(const fs::path& path, std::span<const uint8_t> bytes) {
  const fs::path partial = path.native() + ".partial";
  try {
    const Descriptor descriptor(::open(partial.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    if (descriptor.get() < 0) throw_failure("cannot create", partial);
    write_all(descriptor.get(), bytes.data(), bytes.size(), path);
    if (::fsync(descriptor.get()) != 0) throw_failure("cannot flush", partial);
    failpoint("file.before_rename", path);
    if (::rename(partial.c_str(), path.c_str()) != 0) throw_failure("cannot replace", path);
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
    : path_(path),
      partial_(path.native() + ".partial"),
      descriptor_(::open(partial_.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)) {
  if (descriptor_ < 0) throw_failure("cannot create", partial_);
}

AtomicFile::~AtomicFile() {
  if (descriptor_ < 0) return;
  ::close(descriptor_);
  ::unlink(partial_.c_str());
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
    if (written < 0) throw_failure("cannot write", partial_);
    position += static_cast<uint64_t>(written);
    bytes = bytes.subspan(static_cast<size_t>(written));
  }
}

void AtomicFile::commit() {
  write_waiting();
  if (::fsync(descriptor_) != 0) throw_failure("cannot flush", partial_);
  failpoint("file.before_rename", path_);
  if (::rename(partial_.c_str(), path_.c_str()) != 0) throw_failure("cannot replace", path_);
  ::close(descriptor_);
  descriptor_ = -1;
  failpoint("file.after_rename", path_);
  flush_to_disk(folder_of(path_));
}

void write_directory_atomically(const fs::path& directory, const std::function<void(const fs::path&)>& write) {
  const fs::path path = without_final_slash(directory);
  const fs::path partial = path.native() + ".partial";
  std::error_code ignored;
  fs::remove_all(partial, ignored);
  if (!fs::create_directories(partial, ignored)) {
    errno = ignored.value();
    throw_failure("cannot create", partial);
  }
  try {
    write(partial);
    flush_tree_to_disk(partial);
    failpoint("folder.before_rename", path);
    if (::rename(partial.c_str(), path.c_str()) != 0) throw_failure("cannot rename to", path);
  } catch (...) {
    fs::remove_all(partial, ignored);
    throw;
  }
  failpoint("folder.after_rename", path);
  flush_to_disk(folder_of(path));
}

AppendFile::AppendFile(const fs::path& path)
    : path_(path), descriptor_(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644)) {
  if (descriptor_ < 0) throw_failure("cannot append to", path);
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
  if (!fs::is_regular_file(path) || last_byte(path) == '\n') return;
  const std::string text = read_text_file(path);
  fs::resize_file(path, text.rfind('\n') + 1);  // 0 if no line has an end
}

void create_directories_or_fail(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (!error) return;
  const std::string message = fmt::format("cannot create the folder {}: {}", printable(path.native()), error.message());
  if (is_mistake_in_path(error.value())) throw Error(message);
  throw Failure(message);
}

void require_writable_folder(const fs::path& folder) {
  // Creates a file instead of asking access(), which knows nothing about quotas, unusual file systems and what root may
  // do there.
  std::string probe = (folder / ".massface_XXXXXX").native();
  const Descriptor descriptor(::mkostemp(probe.data(), O_CLOEXEC));
  if (descriptor.get() >= 0) {
    ::unlink(probe.c_str());
    return;
  }
  if (!is_mistake_in_path(errno)) throw_failure("cannot write into the folder", folder);
  fail("cannot write into the folder {}: {}. Choose another, or make it writable", printable(folder.native()),
       std::strerror(errno));
}

void require_writable_file(const fs::path& path, const std::vector<fs::path>& inputs) {
  std::error_code unreachable;  // in that case the folder is not writable either
  // Renaming to the path would replace a device or a folder, or fail after all the work.
  require(!fs::exists(path, unreachable) || fs::is_regular_file(path, unreachable),
          "cannot write {}: it already exists and is not a regular file. Choose another name",
          printable(path.native()));
  for (const fs::path& input : inputs) {
    require(!fs::equivalent(path, input, unreachable),
            "cannot write {}: it is also an input, which would be lost. Choose another name", printable(path.native()));
  }
  require_writable_folder(folder_of(path));
}

std::string printable(std::string_view text) {
  std::string result;
  for (size_t i = 0; i < text.size();) {
    const auto lead = static_cast<uint8_t>(text[i]);
    const size_t length = lead < 0x80                   ? 1
                          : lead >= 0xC2 && lead < 0xE0 ? 2
                          : lead >= 0xE0 && lead < 0xF0 ? 3
                          : lead >= 0xF0 && lead < 0xF5 ? 4
                                                        : 0;
    bool valid = length > 0 && i + length <= text.size() && (length > 1 || (lead >= 0x20 && lead != 0x7F));
    for (size_t k = 1; valid && k < length; ++k) valid = (static_cast<uint8_t>(text[i + k]) & 0xC0) == 0x80;
    // Overlong forms and surrogates are not UTF-8 either.
    if (valid && length == 3) {
      const auto second = static_cast<uint8_t>(text[i + 1]);
      valid = !(lead == 0xE0 && second < 0xA0) && !(lead == 0xED && second > 0x9F);
    }
    if (valid && length == 4) {
      const auto second = static_cast<uint8_t>(text[i + 1]);
      valid = !(lead == 0xF0 && second < 0x90) && !(lead == 0xF4 && second > 0x8F);
    }
    if (valid) {
      result.append(text.substr(i, length));
      i += length;
    } else {
      result += escaped(lead);
      ++i;
    }
  }
  return result;
}

}  // namespace massface
