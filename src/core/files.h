#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace massface {

// The whole file. Throws Error that names the path and the system's reason.
std::vector<uint8_t> read_file(const std::filesystem::path& path);
std::string read_text_file(const std::filesystem::path& path);

// Writes under a temporary name in the same folder, flushes to the disk, renames: a reader, or a killed writer, sees
// the old file or the new one, never a part. Throws Failure (full disk, read-only folder) and leaves the old file.
void write_file_atomically(const std::filesystem::path& path, std::span<const uint8_t> bytes);
void write_file_atomically(const std::filesystem::path& path, std::string_view text);

// The same for a file that is too large to hold: appended to, here and there overwritten, and under its name only once
// commit() has been called. Without it nothing stays. Throws Failure.
class AtomicFile {
 public:
  explicit AtomicFile(const std::filesystem::path& path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void append(std::span<const uint8_t> bytes);
  // Bytes appended so far, those that wait in memory included.
  uint64_t size() const { return size_; }
  // Replaces bytes that are there already.
  void overwrite(uint64_t position, std::span<const uint8_t> bytes);
  void commit();

 private:
  void write_waiting();

  std::filesystem::path path_;
  std::filesystem::path partial_;
  int descriptor_;
  std::vector<uint8_t> waiting_;  // appended, but not written yet: a call for each image would cost more than its bytes
  uint64_t size_ = 0;
};

// The same for a folder: `write` fills `path`.partial, which is flushed and then renamed to `path` (which must not
// exist). A folder under its final name is complete.
void write_directory_atomically(const std::filesystem::path& path,
                                const std::function<void(const std::filesystem::path& partial)>& write);

// Appends to a file, made if need be, past whatever it holds. A piece is whole or not there: when the disk is full the
// part that fitted is taken back. Throws Failure.
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

// The same, a line at a time.
class LineFile {
 public:
  explicit LineFile(const std::filesystem::path& path) : file_(path) {}
  void append(std::string_view line) { file_.append(std::string(line) + '\n'); }

 private:
  AppendFile file_;
};

// Makes the folder and its parents. Throws Error that names it and the system's reason (it is the user who chose it),
// and Failure when the disk is full.
void create_directories_or_fail(const std::filesystem::path& path);

// For what the user chose as the place of a result, before the work that makes it: throws Error when no file can be
// made in the folder (no rights, a read-only file system, no folder), and Failure when the disk is full.
void require_writable_folder(const std::filesystem::path& folder);
// The same for one file, which may exist if it is a regular one.
void require_writable_file(const std::filesystem::path& path);

// "faces/" names what "faces" does, but has no last component to add an ending to.
std::filesystem::path without_final_slash(const std::filesystem::path& path);

// What names the file from every working folder, without "." and "..". Links keep their names.
std::filesystem::path absolute_path(const std::filesystem::path& path);

// Text that may hold any bytes, as printable UTF-8: control characters and bad bytes become \t, \n, \r or \xNN. For
// messages, JSON and file lists.
std::string printable(std::string_view text);

}  // namespace massface
