#pragma once

#include <filesystem>
#include <string>

namespace massface {

// Keeps a second process from working at the same place. Held while it lives; the system lets go of it when the process
// dies, however it dies.
class FileLock {
 public:
  // path: a folder, or a file that is made if need be. Throws Error with the message `busy` when another process holds
  // it, or that says why it cannot be opened.
  FileLock(const std::filesystem::path& path, const std::string& busy);
  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  int descriptor_;
};

}  // namespace massface
