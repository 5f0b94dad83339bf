#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace massface {

// The name under which a file or folder is written until it is complete: with ".partial" at its end, and shortened, with
// a hash, if file systems would find that too long.
std::filesystem::path partial_name(const std::filesystem::path& path);

// Write a temporary file in the same folder, flush it to disk and rename it: readers see the old file or the new one,
// never a part, even if the writer is killed. Of several processes that write the same file, one waits for the other.
// Throw Failure (full disk, read-only folder) and leave the old file in place.
void write_file_atomically(const std::filesystem::path& path, std::span<const uint8_t> bytes);
void write_file_atomically(const std::filesystem::path& path, std::string_view text);

// The same for a file that is too large to hold in memory: it is appended to, may be overwritten in places, and appears
// under its name only when commit() is called. Without commit() nothing remains. Throws Failure.
class AtomicFile {
 public:
  // Throws Error if another process is writing this file.
  explicit AtomicFile(const std::filesystem::path& path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void append(std::span<const uint8_t> bytes);
  // The number of bytes appended so far, including those still buffered in memory.
  uint64_t size() const { return size_; }
  // Replaces bytes that were appended before.
  void overwrite(uint64_t position, std::span<const uint8_t> bytes);
  void commit();

 private:
  void write_waiting();

  std::filesystem::path path_;
  std::filesystem::path partial_;
  int descriptor_;
  std::vector<uint8_t> waiting_;  // not written yet: a system call for each image would cost more than its bytes
  uint64_t size_ = 0;
};

// Writes a folder atomically: `write` fills `path`.partial, which is flushed with everything in it and then renamed to
// `path` (which must not exist); `write` itself need not flush. A folder under its final name is complete. Throws Error
// if another process is writing this folder, and Failure; nothing remains if `write` throws.
void write_directory_atomically(const std::filesystem::path& path,
                                const std::function<void(const std::filesystem::path& partial)>& write);

// Appends to a file, which is created if it does not exist. Each piece is appended as a whole or not at all: if the
// disk is full, the part that fitted is removed again. Throws Failure.
class AppendFile {
 public:
  explicit AppendFile(const std::filesystem::path& path);
  ~AppendFile();
  AppendFile(const AppendFile&) = delete;
  AppendFile& operator=(const AppendFile&) = delete;
  void append(std::string_view bytes);

 private:
  std::filesystem::path path_;
  int descriptor_;
};

// The same, one line at a time. A last line without its end, which a killed writer left, is removed first: it would
// otherwise become the beginning of the next one. Throws Error if the existing file cannot be read.
class LineFile {
 public:
  explicit LineFile(const std::filesystem::path& path);
  void append(std::string_view line) { file_.append(std::string(line) + '\n'); }

 private:
  AppendFile file_;
};

}  // namespace massface
