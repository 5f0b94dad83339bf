#include "dataset/folder_scan.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <functional>
#include <memory>
#include <utility>

#include "align/manifest_name.h"
#include "core/error.h"
#include "core/files.h"
#include "dataset/image_file_name.h"

namespace massface {
namespace {

// The coarsest time stamps in use are FAT's, of two seconds: a folder that changed within this time before a scan may
// change once more without getting a new stamp.
constexpr int64_t kSettledAfterNs = 2'000'000'000;

[[noreturn]] void fail_to_read(const std::string& folder) {
  fail("cannot read the folder {}: {}", printable(folder), std::strerror(errno));
}

// An open folder. Its entries are read in the order of the file system; hidden ones are skipped.
class OpenFolder {
 public:
  OpenFolder(int parent, const std::string& name, std::string path) : path_(std::move(path)) {
    const int descriptor = ::openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) fail_to_read(path_);
    stream_.reset(::fdopendir(descriptor));
    if (stream_ == nullptr) fail_to_read(path_);
  }

  int descriptor() const { return ::dirfd(stream_.get()); }

  void for_each_entry(const std::function<void(const char* name, unsigned char type)>& visit) {
    while (true) {
      errno = 0;
      const dirent* entry = ::readdir(stream_.get());
      if (entry == nullptr && errno != 0) fail_to_read(path_);
      if (entry == nullptr) return;
      if (entry->d_name[0] != '.') visit(entry->d_name, entry->d_type);
    }
  }

 private:
  struct Close {
    void operator()(DIR* stream) const { ::closedir(stream); }
  };
  std::string path_;
  std::unique_ptr<DIR, Close> stream_;
};

int64_t nanoseconds(const timespec& time) { return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec; }

FolderStamp stamp_of(const struct stat& status) {
  return {nanoseconds(status.st_mtim), nanoseconds(status.st_ctim), status.st_ino};
}

// Returns the type of an entry: d_type, which costs no system call per file, unless the file system does not fill it
// in. Looks up the target of a link only if `follow`.
unsigned char type_of(int folder, const char* name, unsigned char type, bool follow) {
  if (type != DT_UNKNOWN && (type != DT_LNK || !follow)) return type;
  struct stat status {};
  if (::fstatat(folder, name, &status, 0) != 0) return DT_LNK;  // a broken link, or a loop of links
  return IFTODT(status.st_mode);
}

IdentityFolder read_identity(int root, std::string name, const std::string& path, int64_t now_ns) {
  IdentityFolder identity;
  OpenFolder folder(root, name, path);
  // Taken before the entries are read, so that a change in the meantime leaves an older stamp here.
  struct stat status {};
  if (::fstat(folder.descriptor(), &status) != 0) fail_to_read(path);
  const FolderStamp stamp = stamp_of(status);
  if (now_ns - std::max(stamp.modified_ns, stamp.changed_ns) > kSettledAfterNs) identity.stamp = stamp;
  folder.for_each_entry([&](const char* file, unsigned char type) {
    const bool image_name = has_image_name(file);
    type = type_of(folder.descriptor(), file, type, !image_name);
    if (type == DT_DIR) {
      ++identity.nested_folders;
    } else if (image_name && (type == DT_REG || type == DT_LNK)) {
      identity.images.emplace_back(file);
    } else {
      ++identity.other_files;
    }
  });
  std::ranges::sort(identity.images);
  identity.name = std::move(name);
  return identity;
}

// Returns the folder from the earlier scan, or null if it is not there or has changed since.
IdentityFolder* find_unchanged(FolderScan& known, int root, const std::string& name) {
  const auto found = std::ranges::lower_bound(known.identities, name, {}, &IdentityFolder::name);
  if (found == known.identities.end() || found->name != name) return nullptr;
  struct stat status {};
  if (::fstatat(root, name.c_str(), &status, 0) != 0 || stamp_of(status) != found->stamp) return nullptr;
  return &*found;
}

}  // namespace

int64_t FolderScan::num_images() const {
  int64_t count = 0;
  for (const IdentityFolder& identity : identities) count += static_cast<int64_t>(identity.images.size());
  return count;
}

FolderScan scan_folder(const std::string& root, FolderScan known, int64_t now_ns) {
  FolderScan scan;
  OpenFolder folder(AT_FDCWD, root, root);
  std::vector<std::string> names;
  folder.for_each_entry([&](const char* name, unsigned char type) {
    if (type_of(folder.descriptor(), name, type, true) == DT_DIR) {
      names.emplace_back(name);
    } else if (name != kManifestName) {
      ++(has_image_name(name) ? scan.loose_images : scan.other_files);
    }
  });
  std::ranges::sort(names);
  scan.identities.reserve(names.size());
  for (std::string& name : names) {
    if (IdentityFolder* unchanged = find_unchanged(known, folder.descriptor(), name)) {
      scan.identities.push_back(std::move(*unchanged));
      continue;
    }
    ++scan.folders_read;
    const std::string path = root + "/" + name;
    try {
      scan.identities.push_back(read_identity(folder.descriptor(), std::move(name), path, now_ns));
    } catch (const Error& unreadable) {
      scan.unreadable.emplace_back(unreadable.what());
    }
  }
  return scan;
}

}  // namespace massface
