#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace massface {

// Read the whole file. Throw Error naming the path and the system's reason.
std::vector<uint8_t> read_file(const std::filesystem::path& path);
std::string read_text_file(const std::filesystem::path& path);

// Throws Error if the file begins with bytes that are not text, or is larger than 8 GB: a reader of lines would
// otherwise load the film that was named by mistake before it complains. what: "a list file". Says nothing about a file
// that cannot be opened.
void require_text_file(const std::filesystem::path& path, std::string_view what, std::string_view expected);

// Write a temporary file in the same folder, flush it to disk and rename it: readers see the old file or the new one,
// never a part, even if the writer is killed. Throw Failure (full disk, read-only folder) and leave the old file in
// place.
void write_file_atomically(const std::filesystem::path& path, std::span<const uint8_t> bytes);
void write_file_atomically(const std::filesystem::path& path, std::string_view text);

// The same for a file that is too large to hold in memory: it is appended to, may be overwritten in places, and appears
// under its name only when commit() is called. Without commit() nothing remains. Throws Failure.
class AtomicFile {
 public:
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
// `path` (which must not exist); `write` itself need not flush. A folder under its final name is complete. Throws
// Failure; nothing remains if `write` throws.
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

// Creates the folder and its parents. Throws Error naming the folder and the system's reason if the path is at fault
// (the user chose it), and Failure otherwise, such as for a full disk.
void create_directories_or_fail(const std::filesystem::path& path);

// Checks the folder that the user chose for a result, before the work that produces the result. Throws Error if no file
// can be created in it (no permission, a read-only file system, no such folder), and Failure if the disk is full.
void require_writable_folder(const std::filesystem::path& folder);
// The same for a single file, which may exist if it is a regular file and none of the inputs, which it would replace.
void require_writable_file(const std::filesystem::path& path, const std::vector<std::filesystem::path>& inputs = {});

// Removes a final slash: "faces/" names the same folder as "faces", but has no last component to append an extension
// to.
std::filesystem::path without_final_slash(const std::filesystem::path& path);

// Replaces "~" at the beginning of a path by the user's home folder ($HOME), as shells do where they see it; they do
// not see it in name=~/faces, nor in a recipe. Other paths, "~user" among them, are returned as they are.
std::string expand_home(const std::string& path);

// Returns an absolute path of the same file, with "." and ".." removed wherever that does not change its meaning. Links
// are not resolved.
std::filesystem::path absolute_path(const std::filesystem::path& path);

// Converts text that may hold any bytes to printable UTF-8: control characters and invalid bytes become \t, \n, \r or
// \xNN. For messages, JSON and file lists.
std::string printable(std::string_view text);

}  // namespace massface
