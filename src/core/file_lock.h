#pragma once

#include <filesystem>
#include <string>

namespace massface {

// An exclusive lock on a file or folder, which keeps a second process from working with it. Held for the lifetime of
// the object; the system releases it when the process ends, however it ends.
class FileLock {
 public:
  // path: a folder, or a file, which is created if it does not exist. Throws Error with the message `busy` if another
  // process holds the lock, and Error with the system's reason if the path cannot be opened.
  FileLock(const std::filesystem::path& path, const std::string& busy);
  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  int descriptor_;
};

}  // namespace massface
