// A library to preload (LD_PRELOAD) into a program: a disk that forgets at once what a power cut could lose.
//
// Of a file or folder that gets its name by a rename, everything is lost that was not flushed before: a file keeps at
// most half of its bytes, and a folder none of the entries it got since its last flush. The rename itself counts as
// lost until its folder is flushed, so nothing may be removed meanwhile, and the process may not end. Each loss is a
// line of the file that the environment variable FORGETFUL_DISK_LOG names:
//
//   lost PATH: WHY
//
// A flush is recorded with a hash of what was flushed, in FORGETFUL_DISK_LOG.flushed, so that a later process (after a
// kill, which is no power cut) knows it, however the bytes were written. Flushes are not passed on to the disk. Calls
// that this library does not model (link, renameat, renameat2) are reported as losses.
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <mutex>
#include <sstream>
#include <string>
#include <vector>

namespace {

template <typename Function>
Function* real(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

std::string log_path() {
  const char* path = std::getenv("FORGETFUL_DISK_LOG");
  return path == nullptr ? "/dev/stderr" : path;
}

void append_line(const std::string& path, const std::string& line) {
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  const std::string whole = line + "\n";
  [[maybe_unused]] const ssize_t ignored = ::write(descriptor, whole.data(), whole.size());
  ::close(descriptor);
}

void report(const std::string& path, const char* why) { append_line(log_path(), "lost " + path + ": " + why); }

std::vector<std::string> entries_of(const std::string& folder) {
  std::vector<std::string> names;
  DIR* stream = ::opendir(folder.c_str());
  if (stream == nullptr) return names;
  while (const dirent* entry = ::readdir(stream)) {
    const std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(name);
  }
  ::closedir(stream);
  std::sort(names.begin(), names.end());
  return names;
}

std::string content_of(const std::string& path) {
  std::string content;
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  char bytes[1 << 16];
  for (ssize_t count; descriptor >= 0 && (count = ::read(descriptor, bytes, sizeof(bytes))) > 0;) {
    content.append(bytes, static_cast<size_t>(count));
  }
  if (descriptor >= 0) ::close(descriptor);
  return content;
}

bool is_folder(const std::string& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

bool is_file(const std::string& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode);
}

// A hash (FNV-1a) of what a flush writes: a file's bytes, or the names of a folder's entries.
uint64_t state_of(const std::string& path) {
  std::string state;
  if (is_folder(path)) {
    for (const std::string& name : entries_of(path)) state += name + '\0';
  } else {
    state = content_of(path);
  }
  uint64_t hash = 0xCBF29CE484222325u;
  for (const char byte : state) hash = (hash ^ static_cast<uint8_t>(byte)) * 0x100000001B3u;
  return hash;
}

// Identifies a file whatever its name. An inode number is used again after a file's removal; its birth is not.
std::string identity_of(const std::string& path) {
  struct statx status {};
  if (::statx(AT_FDCWD, path.c_str(), AT_SYMLINK_NOFOLLOW, STATX_INO | STATX_BTIME, &status) != 0) return "";
  std::ostringstream text;
  text << status.stx_dev_major << ':' << status.stx_dev_minor << ':' << status.stx_ino << ':' << status.stx_btime.tv_sec
       << '.' << status.stx_btime.tv_nsec;
  return text.str();
}

std::string folder_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

class Disk {
 public:
  Disk() {
    std::istringstream lines(content_of(flushed_path()));
    for (std::string identity, hash; lines >> identity >> hash;) flushed_[identity] = hash;
  }
  // At the end of the process.
  ~Disk() { require_renames_flushed("the process ended before its new name was flushed"); }

  void flush(int descriptor) {
    char target[4096];
    const std::string link = "/proc/self/fd/" + std::to_string(descriptor);
    const ssize_t length = ::readlink(link.c_str(), target, sizeof(target));
    if (length <= 0) return;
    const std::string path(target, static_cast<size_t>(length));
    if (!is_folder(path) && !is_file(path)) return;
    const std::string identity = identity_of(path), hash = std::to_string(state_of(path));
    const std::lock_guard lock(mutex_);
    if (flushed_[identity] != hash) append_line(flushed_path(), identity + " " + hash);
    flushed_[identity] = hash;
    std::erase_if(renamed_, [&](const auto& entry) { return entry.second == identity; });
  }

  // Called before the rename.
  void forget_unflushed(const std::string& path, const std::string& final_path) {
    if (is_file(path)) {
      if (is_flushed(path)) return;
      report(final_path, "its bytes were not flushed before it got this name");
      [[maybe_unused]] const int ignored = ::truncate(path.c_str(), static_cast<off_t>(content_of(path).size() / 2));
    } else if (is_folder(path)) {
      const std::vector<std::string> entries = entries_of(path);
      for (const std::string& name : entries) forget_unflushed(path + "/" + name, final_path + "/" + name);
      if (is_flushed(path)) return;
      report(final_path, "its entries were not flushed before it got this name");
      for (const std::string& name : entries) real<int(const char*)>("unlink")((path + "/" + name).c_str());
    }
  }

  // Called after the rename.
  void remember_rename(const std::string& final_path) {
    const std::string folder = identity_of(folder_of(final_path));
    const std::lock_guard lock(mutex_);
    renamed_.emplace_back(final_path, folder);
  }

  // Called before something is removed, which the disk might remember although it forgets the rename.
  void require_renames_flushed(const char* why) {
    const std::lock_guard lock(mutex_);
    for (const auto& [path, folder] : renamed_) report(path, why);
    renamed_.clear();
  }

 private:
  static std::string flushed_path() { return log_path() + ".flushed"; }

  bool is_flushed(const std::string& path) {
    const std::lock_guard lock(mutex_);
    const auto found = flushed_.find(identity_of(path));
    return found != flushed_.end() && found->second == std::to_string(state_of(path));
  }

  std::mutex mutex_;                                          // guards the members below
  std::map<std::string, std::string> flushed_;                // by identity: the hash of what was flushed last
  std::vector<std::pair<std::string, std::string>> renamed_;  // a path and the folder in which it is not flushed yet
};

Disk& disk() {
  static Disk instance;
  return instance;
}

// Makes the disk before the program's objects, so that it outlives them.
[[gnu::constructor]] void make_disk() { disk(); }

int flush(int descriptor) {
  disk().flush(descriptor);
  return ::fcntl(descriptor, F_GETFD) < 0 ? -1 : 0;
}

constexpr const char* kTooEarly = "something else was removed before its new name was flushed";
constexpr const char* kNotModelled = "a call that testing_forgetful_disk.cpp does not model";

}  // namespace

// These take the place of the C library's functions in the whole process.
extern "C" {

int fsync(int descriptor) { return flush(descriptor); }
int fdatasync(int descriptor) { return flush(descriptor); }

int rename(const char* from, const char* to) noexcept {
  disk().forget_unflushed(from, to);
  const int result = real<int(const char*, const char*)>("rename")(from, to);
  if (result == 0) disk().remember_rename(to);
  return result;
}

int unlink(const char* path) noexcept {
  disk().require_renames_flushed(kTooEarly);
  return real<int(const char*)>("unlink")(path);
}

int unlinkat(int folder, const char* path, int flags) noexcept {
  disk().require_renames_flushed(kTooEarly);
  return real<int(int, const char*, int)>("unlinkat")(folder, path, flags);
}

int rmdir(const char* path) noexcept {
  disk().require_renames_flushed(kTooEarly);
  return real<int(const char*)>("rmdir")(path);
}

int remove(const char* path) noexcept {
  disk().require_renames_flushed(kTooEarly);
  return real<int(const char*)>("remove")(path);
}

int link(const char*, const char* to) noexcept {
  report(to, kNotModelled);
  return -1;
}

int renameat(int, const char*, int, const char* to) noexcept {
  report(to, kNotModelled);
  return -1;
}

int renameat2(int, const char*, int, const char* to, unsigned) noexcept {
  report(to, kNotModelled);
  return -1;
}

}  // extern "C"
