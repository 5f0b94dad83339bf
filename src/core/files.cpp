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

bool path_exists(const fs::path& path) {
  std::error_code unreachable;
  return fs::exists(path, unreachable);
}

bool is_file(const fs::path& path) {
  std::error_code unreachable;
  return fs::is_regular_file(path, unreachable);
}

bool is_folder(const fs::path& path) {
  std::error_code unreachable;
  return fs::is_directory(path, unreachable);
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
  require(is_text || kind.name.empty(), "{} is not {} but {}. {}", printable(path.native()), what, kind.name, expected);
  require(is_text, "{} is not {}: it contains bytes that are not text. {}", printable(path.native()), what, expected);
  std::error_code unreadable;
  const uintmax_t bytes = fs::file_size(path, unreadable);
  require(unreadable || bytes <= kMostTextBytes, "{} has {} bytes, too many for {} (at most {}). {}",
          printable(path.native()), bytes, what, kMostTextBytes, expected);
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

fs::path folder_of(const fs::path& path) { return path.has_parent_path() ? path.parent_path() : fs::path("."); }

fs::path written_place(const fs::path& path) {
  constexpr int kMostLinks = 40;  // as Linux has it
  std::error_code ignored;
  fs::path target = path;
  for (int i = 0; i < kMostLinks && fs::is_symlink(fs::symlink_status(target, ignored)); ++i) {
    target = folder_of(target) / fs::read_symlink(target, ignored);  // which may be absolute
  }
  const auto type = fs::status(target, ignored).type();
  return type == fs::file_type::regular || type == fs::file_type::not_found ? target : path;
}

void require_writable_file(const fs::path& path, const std::vector<fs::path>& inputs) {
  std::error_code unreachable;  // in that case the folder is not writable either
  // Renaming to the path would replace a device or a folder, or fail after all the work.
  require(!fs::exists(path, unreachable) || fs::is_regular_file(path, unreachable),
          "cannot write {}: it already exists and is not a regular file. Choose another name",
          printable(path.native()));
  require(!fs::exists(path, unreachable) || ::access(path.c_str(), W_OK) == 0,
          "cannot write {}: it is write-protected ({}). Choose another name, or make it writable",
          printable(path.native()), std::strerror(errno));
  for (const fs::path& input : inputs) {
    require(!fs::equivalent(path, input, unreachable),
            "cannot write {}: it is also an input, which would be lost. Choose another name", printable(path.native()));
  }
  require_writable_folder(folder_of(written_place(path)));
}

namespace {

// Returns the bytes of the character that begins here, 0 if it is not UTF-8.
size_t utf8_length(std::string_view text, size_t i) {
  const auto lead = static_cast<uint8_t>(text[i]);
  const size_t length = lead < 0x80                   ? 1
                        : lead >= 0xC2 && lead < 0xE0 ? 2
                        : lead >= 0xE0 && lead < 0xF0 ? 3
                        : lead >= 0xF0 && lead < 0xF5 ? 4
                                                      : 0;
  if (length == 0 || i + length > text.size()) return 0;
  for (size_t k = 1; k < length; ++k) {
    if ((static_cast<uint8_t>(text[i + k]) & 0xC0) != 0x80) return 0;
  }
  // Overlong forms and surrogates are not UTF-8 either.
  const auto second = static_cast<uint8_t>(length > 2 ? text[i + 1] : 0);
  if (length == 3 && ((lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F))) return 0;
  if (length == 4 && ((lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second > 0x8F))) return 0;
  return length;
}

}  // namespace

bool is_utf8(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    const size_t length = utf8_length(text, i);
    if (length == 0) return false;
    i += length;
  }
  return true;
}

std::string printable(std::string_view text) {
  std::string result;
  for (size_t i = 0; i < text.size();) {
    const auto lead = static_cast<uint8_t>(text[i]);
    const size_t length = utf8_length(text, i);
    const bool is_control = length == 1 && (lead < 0x20 || lead == 0x7F);
    if (length > 0 && !is_control) {
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
