#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace massface {

// NumPy's archives of several arrays, for numpy.load("x.npz"): a zip of .npy files, not compressed.
class NpzFile {
 public:
  explicit NpzFile(std::filesystem::path path) : path_(std::move(path)) {}

  // npy: the bytes of an .npy file (tensor_file/npy.h). name: of the array, without an ending.
  void add(const std::string& name, std::vector<uint8_t> npy) { in_memory_[name] = std::move(npy); }
  // An .npy file that is too large for memory. It is read by commit().
  void add_file(const std::string& name, const std::filesystem::path& npy) { files_[name] = npy; }

  // Writes the archive, which appears under its name when it is complete. Throws Failure.
  void commit() const;

 private:
  std::filesystem::path path_;
  std::map<std::string, std::vector<uint8_t>> in_memory_;
  std::map<std::string, std::filesystem::path> files_;
};

}  // namespace massface
