#pragma once

#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.h"

namespace massface {

// One program of `./run fuzz` (docs/fuzzing.md). Each src/MODULE/NAME_fuzz.cpp defines fuzz_target(); libFuzzer calls
// read() with bytes that no good file has. Errors that the user would see (Error with BadImage, Failure) are right;
// every other exception, a failed check(), a report of a sanitizer, and an input that takes seconds or a gigabyte are
// findings.
struct FuzzTarget {
  void (*read)(std::span<const uint8_t> bytes);
  // Small valid inputs, from which libFuzzer starts.
  std::vector<std::vector<uint8_t>> (*seeds)();
  // Pieces of inputs that chance would not find soon, such as the names that a format knows.
  std::vector<std::string> words = {};
};

FuzzTarget fuzz_target();

// A file with bytes from the fuzzer, for readers that want a path. Lies in memory where the system has /dev/shm.
class FuzzFile {
 public:
  // name: with the ending that the reader expects.
  explicit FuzzFile(const std::string& name) {
    const std::filesystem::path memory = "/dev/shm";
    const auto parent = std::filesystem::exists(memory) ? memory : std::filesystem::temp_directory_path();
    folder_ = parent / (name + "_" + std::to_string(::getpid()));  // short, because messages repeat it
    std::filesystem::create_directories(folder_);
    path_ = folder_ / name;
  }
  ~FuzzFile() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  FuzzFile(const FuzzFile&) = delete;
  FuzzFile& operator=(const FuzzFile&) = delete;

  const std::filesystem::path& path() const { return path_; }
  const std::filesystem::path& folder() const { return folder_; }

  // Replaces the content. Returns the path.
  const std::filesystem::path& write(std::span<const uint8_t> bytes) const { return write(path_, bytes); }
  static const std::filesystem::path& write(const std::filesystem::path& path, std::span<const uint8_t> bytes) {
    std::FILE* file = std::fopen(path.c_str(), "wb");
    check(file != nullptr, "a file for the fuzzer's bytes can be written");
    const size_t written = std::fwrite(bytes.data(), 1, bytes.size(), file);
    check(std::fclose(file) == 0 && written == bytes.size(), "the fuzzer's bytes fit on the disk");
    return path;
  }

 private:
  std::filesystem::path folder_;
  std::filesystem::path path_;
};

inline std::vector<uint8_t> bytes_of_text(std::string_view text) { return {text.begin(), text.end()}; }

}  // namespace massface
